// Bounds: the minimum of f(x) for lower <= x <= upper.
//
// R.H. Byrd, P. Lu, J. Nocedal, C. Zhu: A limited memory algorithm for bound constrained optimization. SIAM Journal on
// Scientific Computing 16 (1995), 1190-1208. (L-BFGS-B)
// J.L. Morales, J. Nocedal: Remark on algorithm 778: L-BFGS-B. ACM TOMS 38 (2011), 7.
//
//   Byrd & al.     here
//   t_i            breaks          the step along -g at which x_i meets its bound
//   x^c            Cauchy point    the first minimum of the model along P(x - t g), at t = `time`
//   c              c of Cauchy     W'(x^c - x)
//   F              free            elements whose break is later: those that have not met a bound
//   r^c, d^u       u               of the model within F: its gradient at x^c; the step to its minimum
//   x bar          bend            P(x^c + d^u), or, if that leads uphill, the last point of x^c + a d^u in the box
//
// Where -B^-1 g leads to a point of the box that is the direction, by the recursion. Points are never outside, and
// exactly at a bound that they reach.
#pragma once

#include <utility>
#include <vector>

#include "compact.hpp"
#include "region.hpp"

namespace fastopt {

class Box : public Region {
 public:
  /// n bounds each, the caller's: lower <= upper, infinite where there is none.
  Box(const Vectors& vectors, History& history, const void* lower, const void* upper);

  void admit(void* x) override;
  Results take(const void* x, const void* gradient, void* g, double noise) override;
  Aim aim(const void* x, const void* g, double dg) override;
  Aim aim_steepest(const void* x, const void* g, double steepness) override;
  double place(const void* x, void* trial, double step) override;
  Results compare(const void* x, const void* trial, double step, const void* gradient, const void* g, void* kept,
                  double noise) override;
  double relative(const void* x, const void* g) override;
  Aim aim_relative(const void* x, const void* g) override;

 private:
  struct Cauchy {
    double time;
    Eigen::VectorXd c, p;  // p: W'd of the path's last direction d
    std::size_t met;       // elements at a bound
  };
  Cauchy cauchy(const void* x, const void* g, const Results& breaks);
  template <class T>
  void walk(Cauchy& at, const T* x, const T* g, double slope, double curvature);

  Compact compact_;
  const void *lower_, *upper_;
  bool bounded_;  // whether all bounds are finite
  Buffer breaks_, u_;
  std::vector<std::pair<double, std::size_t>> queue_;  // breaks to come, and whose
};

}  // namespace fastopt
