// Newton's method with exact Hessians: the step inside a trust region, and the rule of its radius.
//
// A step minimises the model g'd + d'H d / 2 over |d| <= radius (More & Sorensen 1983). It is the Newton step where
// H is positive definite and the step fits; otherwise it solves (H + mu I) d = -g with mu > 0 such that H + mu I is
// positive semidefinite and |d| = radius (Nocedal & Wright, Numerical Optimization, 2nd edition, theorem 4.1). So it
// is a direction of descent whatever H is. Where H is positive definite, Cholesky's factors of H + mu I serve;
// elsewhere the eigenvectors of H, for all steps from the same point.
#pragma once

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <cstddef>

#include "radius.hpp"

namespace fastopt {

class TrustRegion {
 public:
  /// For n >= 1 parameters. `rounding` is the relative error that values of f are taken to have.
  TrustRegion(std::size_t n, double rounding);

  /// Forget the radius.
  void reset() { radius_.reset(); }

  /// The gradient g and the Hessian h (n x n, row-major, the lower triangle is read) at a new point. False, and there
  /// is no step, if they or the length of the step are not finite.
  bool model(const double* g, const double* h);

  /// The step from that point, and the decrease of f that the model predicts: not negative, and 0 only where neither
  /// gradient nor curvature leads down.
  double step(double* d);

  /// Whether f at the end of the step is low enough for it to be taken; see `Radius`. After false, another `step` is
  /// shorter.
  bool accept(double f, double f_end) { return radius_.accept(f, f_end); }

  /// Infinite before the first step.
  double radius() const { return radius_.value(); }

 private:
  void by_cholesky(double radius);
  void by_eigenvectors(double radius);

  // Of the model in units in which the largest elements of g and h are about 1, so that nothing overflows.
  Eigen::MatrixXd h_;
  Eigen::VectorXd g_, d_;
  double unit_, fall_;  // of lengths and of f

  Eigen::LLT<Eigen::MatrixXd, Eigen::Lower> cholesky_;  // of H + mu I
  double mu_;
  Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen_;
  Eigen::VectorXd c_;  // g along the eigenvectors
  bool definite_, decomposed_;

  Radius radius_;
};

}  // namespace fastopt
