// What a method knows of the curvature: from a gradient to a direction, and from a step to a better direction.
#pragma once

#include <limits>

#include "archive.hpp"

namespace fastopt {

/// A direction of search d: g'd, max |d|, the step to try first, and the longest step allowed.
struct Aim {
  double slope, longest, step;
  double most = std::numeric_limits<double>::infinity();
};

/// What a model is told instead of a product that the caller does not have.
constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

/// The change over an accepted step: its length in units of d, and d'y and y'y.
struct Change {
  double step, dy, yy;
};

class Model {
 public:
  virtual ~Model() = default;

  /// Where the next direction goes, and the change of the gradient along it.
  virtual void* d() = 0;
  virtual void* y() = 0;

  /// Whether nothing is known: directions are of steepest descent.
  virtual bool empty() const = 0;
  virtual void clear() = 0;

  /// Write the direction at gradient g. `dg` is g'd of the last accepted step if it was learnt from, else `unknown`.
  virtual Aim aim(const void* g, double dg) = 0;

  /// Learn from d and y.
  virtual void learn(const Change& change) = 0;

  /// Show everything that is needed to go on, to save or to load it.
  virtual void visit(Archive& archive) = 0;
};

}  // namespace fastopt
