// The inverse Hessian approximation of BFGS, one triangle of it, read and written once an iteration.
//
// The update of Nocedal & Wright, Numerical Optimization, 2nd edition, (6.17), with rho = 1 / s'y,
//
//     H+ = (I - rho s y') H (I - rho y s') + rho s s'
//
// is of rank two: with u = H y and w = rho (1 + rho y'u) / 2 s - rho u it reads H+ = H + s w' + w s'.
// So the next direction needs no look at H+,
//
//     -H+ g = -(H g + s (w'g) + w (s'g)),
//
// and the update itself can wait for the pass over the triangle that computes u = H y and H g of the next
// iteration. (Their H_k, H_k+1, p_k, s_k, y_k, rho_k are H, H+, d, s, y, rho here.)
//
// What H is before the first update decides how fast it learns. With few variables it is I, in which a variable of
// small curvature is not forgotten, or longer if the first step says so: c I with c = max(1, s'y / y'y). With many it
// is s'y / y'y I (6.20), which is too short for all directions but the steepest; so H as a whole is made longer before
// an update that says so, by s'y / y'H y where that is above 1 (self-scaling: M. Al-Baali, Numerical experience with a
// class of self-scaling quasi-Newton algorithms, JOTA 96 (1998), 533-553). H is kept as `scale_` times a matrix.
#pragma once

#include <cstddef>
#include <vector>

#include "aligned.hpp"

namespace fastopt {

class InverseBfgs {
 public:
  /// H = I of n rows.
  explicit InverseBfgs(std::size_t n);

  std::size_t size() const { return n_; }

  /// Forget all steps: H = I.
  void reset();

  /// Take in a step s and the change y of the gradient along it, copied. False, and H stays as it is, unless s'y is
  /// positive and nothing overflows: only so does H stay positive definite. How much curvature is enough is for the
  /// caller to say.
  bool update(const double* s, const double* y);

  /// d = -H g; returns g'd. It is negative unless rounding or overflow has spoilt H: then `reset`.
  double direction(const double* g, double* d);

  /// H itself, n x n, both triangles.
  void matrix(double* h);

 private:
  void pass(const double* x);

  /// Rows that are worked on together and add up their products apart from others: which ones depends on n alone,
  /// so the sums do not depend on the number of threads.
  struct Band {
    std::size_t first, last;  // eights of rows
    Aligned hx, hy;           // of the rows above `last`
  };

  std::size_t n_, eights_;
  double scale_ = 1;
  Aligned h_;            // H / scale_ without the pending update
  Aligned s_, w_;        // the pending update of that, s w' + w s'
  Aligned taken_s_, y_;  // a step that waits for u = H y to become the pending update
  Aligned x_, hx_, hy_;
  std::vector<Band> bands_;
  bool first_ = true, taken_ = false;
};

}  // namespace fastopt
