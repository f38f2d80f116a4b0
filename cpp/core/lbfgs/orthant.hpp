// L1: the minimum of F(x) = f(x) + sum l1_i |x_i|.
//
// G. Andrew, J. Gao: Scalable training of L1-regularized log-linear models. ICML 2007, 33-40. (OWL-QN)
//
//   Andrew & Gao          here
//   <> f(x)               downhill      the subgradient of F of least norm
//   pi(-H <> f; -<> f)    aim           where x_i = 0: what agrees with it in sign
//   pi(x + alpha p; xi)   place         a coordinate that would change its sign becomes 0
//   s, y                  settle        the way that was gone, and the change of the gradient of f alone
//
// Three things differ from the paper. On lasso and logistic problems they leave a third of the evaluations.
//   - The direction is kept where x_i is not 0: F is smooth there, and cut off it is no quasi-Newton direction. If what
//     remains leads uphill the driver turns to steepest descent.
//   - y_i is 0 where nothing moved, so that the memory is that of the coordinates which move.
//   - Along the projected path F is smooth but where a coordinate becomes 0. So the search is that of the other
//     regions, for the strong Wolfe conditions with the slope of F along that path, not backtracking alone.
#pragma once

#include "region.hpp"

namespace fastopt {

class Orthant : public Region {
 public:
  /// `l1`: n numbers >= 0, the caller's.
  Orthant(const Vectors& vectors, Model& model, const void* l1);

  void admit(void* x) override;
  Results take(const void* x, const void* gradient, void* g, double noise) override;
  Aim aim(const void* x, const void* g, double dg) override;
  Aim aim_steepest(const void* x, const void* g, double steepness) override;
  double place(const void* x, void* trial, double step) override;
  double penalty() const override { return penalty_; }
  Results compare(const void* x, const void* trial, double step, const void* gradient, const void* g, void* kept,
                  double noise) override;
  void settle(const void* x, const void* trial, double step) override;
  const void* gradient(const void* x, const void* g) override;

 private:
  const void* l1_;
  Buffer downhill_;
  double penalty_ = 0;
};

}  // namespace fastopt
