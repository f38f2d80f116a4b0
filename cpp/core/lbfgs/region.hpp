// Where a descent may go, and what it descends: the seam between the driver and bounds or penalties.
//
//           point                    what has to vanish
//   Free    any                      g
//   Orthant any, but a step stays    g of f + sum l1 |x|, the subgradient of least norm
//           in one orthant
//   Box     lower <= x <= upper      g, but for what leads out of a bound that x is at
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

  /// Take over the gradient at x as g. Gives g'g, and how far x is from stationary: max |what has to vanish|. `noise`
  /// is a change of the value that tells nothing.
  virtual Results take(const void* x, const void* gradient, void* g, double noise);

  /// A direction at x, from the model; `dg` is that of `Model::aim`.
  virtual Aim aim(const void* x, const void* g, double dg);

  /// A direction at x when nothing is known. `steepness` is how far x is from stationary.
  virtual Aim aim_steepest(const void* x, const void* g, double steepness);

  /// How far x is from stationary where each element is its own unit: max |x v|, v what has to vanish.
  virtual double relative(const void* x, const void* g);

  /// The direction -x^2 v of steepest descent in those units, in which no element changes by more than all of itself.
  virtual Aim aim_relative(const void* x, const void* g);

  /// Write the trial point at `step` along d. Gives max |trial|.
  virtual double place(const void* x, void* trial, double step);

  /// What the last point of `place` or `admit` adds to the value of the function.
  virtual double penalty() const { return 0; }

  /// Take over the gradient at the trial point as `kept`, and its change from g as y.
  virtual Results compare(const void* x, const void* trial, double step, const void* gradient, const void* g,
                          void* kept, double noise);

  /// The trial is accepted: make d the direction that was gone, if it is another than that of the search.
  virtual void settle(const void* /*x*/, const void* /*trial*/, double /*step*/) {}

  /// The gradient that has to vanish, as users see it.
  virtual const void* gradient(const void* /*x*/, const void* g) { return g; }

 protected:
  /// The first step along a direction in which the largest element changes by all of itself.
  static constexpr double cautious = 0.1;

  Vectors vectors_;
  Model& model_;
};

/// The whole space.
using Free = Region;

}  // namespace fastopt
