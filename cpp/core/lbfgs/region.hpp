// Where a descent may go, and what it descends: the seam between the driver and bounds or penalties.
//
//           point                    gradient that has to vanish
//   Free    any                      g
//   Orthant any, but a step stays    g of f + sum l1 |x|, the subgradient of least norm
//           in one orthant
//   Box     lower <= x <= upper      x - P(x - g), of which max |.| is the measure
//
// The direction of search is written to d of the model, the change of the gradient to its y.
//
// A region keeps nothing that does not follow from the point, its gradient and the model: a descent is saved without
// it.
#pragma once

#include "model.hpp"

namespace fastopt {

/// The results of `Region::take`: g'g, and how far the point is from stationary.
enum : std::size_t { gg, steepest_here };

/// The results of `Region::compare`: d'g+, d'y, y'y, and how far the trial is from stationary.
enum : std::size_t { slope_at_trial, dy, yy, steepest };

class Region {
 public:
  Region(const Vectors& vectors, Model& model) : vectors_(vectors), model_(model) {}
  virtual ~Region() = default;

  /// Move a start into the region.
  virtual void admit(void*) {}

  /// Take over the gradient at x as g. Gives g'g, and how far x is from stationary: max |gradient that has to vanish|.
  virtual Results take(const void* x, const void* gradient, void* g);

  /// A direction at x, from the model; `dg` is that of `Model::aim`.
  virtual Aim aim(const void* x, const void* g, double dg);

  /// A direction at x when nothing is known. `steepness` is how far x is from stationary.
  virtual Aim aim_steepest(const void* x, const void* g, double steepness);

  /// Write the trial point at `step` along d. Gives max |trial|.
  virtual double place(const void* x, void* trial, double step);

  /// What the last point of `place` or `admit` adds to the value of the function.
  virtual double penalty() const { return 0; }

  /// Take over the gradient at the trial point as `kept`, and its change from g as y.
  virtual Results compare(const void* x, const void* trial, double step, const void* gradient, const void* g,
                          void* kept);

  /// The trial is accepted: make d the direction that was gone, if it is another than that of the search.
  virtual void settle(const void* /*x*/, const void* /*trial*/, double /*step*/) {}

  /// The gradient that has to vanish, as users see it.
  virtual const void* gradient(const void* /*x*/, const void* g) { return g; }

 protected:
  Vectors vectors_;
  Model& model_;
};

/// The whole space.
using Free = Region;

}  // namespace fastopt
