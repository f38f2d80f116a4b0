#include "trust_region.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace fastopt {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

constexpr double infinity = std::numeric_limits<double>::infinity(), epsilon = std::numeric_limits<double>::epsilon();

/// How much longer than the radius a step may be.
constexpr double slack = 1e-3;

/// The power of two next below the largest element, 1 where all are zero.
template <class Matrix>
double scale_of(const Matrix& a) {
  const double largest = a.cwiseAbs().maxCoeff();
  return largest > 0 ? std::ldexp(1.0, std::ilogb(largest)) : 1;
}

}  // namespace

TrustRegion::TrustRegion(std::size_t n, double rounding)
    : h_(n, n), g_(n), d_(n), cholesky_(static_cast<Index>(n)), eigen_(static_cast<Index>(n)), radius_(rounding) {}

bool TrustRegion::model(const double* g, const double* h) {
  // Row-major read as column-major: the lower triangle has become the upper one.
  const Eigen::Map<const Eigen::MatrixXd> transposed(h, h_.rows(), h_.cols());
  g_ = Eigen::Map<const VectorXd>(g, g_.size());
  h_ = transposed.selfadjointView<Eigen::Upper>();
  if (!g_.allFinite() || !h_.allFinite()) return false;

  const double of_g = scale_of(g_), of_h = scale_of(h_);
  g_ /= of_g;
  h_ /= of_h;
  unit_ = of_g / of_h;
  fall_ = of_g * unit_;
  mu_ = 0;
  decomposed_ = false;
  cholesky_.compute(h_);
  const double least = cholesky_.matrixLLT().diagonal().cwiseAbs().minCoeff();
  const double rounding = static_cast<double>(h_.rows()) * epsilon;
  definite_ = cholesky_.info() == Eigen::Success && least * least > rounding * h_.diagonal().maxCoeff();
  return std::isfinite(unit_) && unit_ > 0;
}

double TrustRegion::step(double* d) {
  const double radius = radius_.value() / unit_;
  if (definite_)
    by_cholesky(radius);
  else
    by_eigenvectors(radius);
  Eigen::Map<VectorXd>(d, d_.size()) = unit_ * d_;
  const double predicted = fall_ * std::max(0.0, -g_.dot(d_) - 0.5 * d_.dot(h_ * d_));
  radius_.stepped(unit_ * d_.norm(), predicted);
  return predicted;
}

// In both, mu is found by Newton's method on 1 / |d(mu)| (Nocedal & Wright, algorithm 4.3), from below. There it needs
// no safeguards, since that function is concave and nearly straight.

/// The radius only shrinks while the model stays, so mu only grows, from 0.
void TrustRegion::by_cholesky(double radius) {
  d_ = cholesky_.solve(-g_);
  for (int k = 0; k < 50 && d_.norm() > radius * (1 + slack); ++k) {
    const double slope = cholesky_.matrixL().solve(d_).squaredNorm() / d_.norm();  // of -|d|
    mu_ += d_.norm() / slope * (d_.norm() - radius) / radius;
    Eigen::MatrixXd shifted = h_;
    shifted.diagonal().array() += mu_;
    cholesky_.compute(shifted);
    d_ = cholesky_.solve(-g_);
  }
}

/// mu = max(0, -least eigenvalue) + delta; eigenvalues are shifted by all but delta.
void TrustRegion::by_eigenvectors(double radius) {
  const double rounding = static_cast<double>(g_.size()) * epsilon;
  if (!decomposed_) {
    eigen_.compute(h_);
    c_ = eigen_.eigenvectors().transpose() * g_;
    c_ = (c_.array().abs() > rounding * g_.norm()).select(c_, 0.0);
    decomposed_ = true;
  }
  const VectorXd& lambda = eigen_.eigenvalues();
  const double least = lambda[0], largest = lambda.cwiseAbs().maxCoeff();
  if (radius == infinity) radius = largest > 0 && g_.norm() > 0 ? g_.norm() / largest : 1 / unit_;

  const VectorXd shifted = lambda.array() + std::max(0.0, -least);
  // 0 along eigenvectors that g has nothing of, also where the denominator is 0.
  const auto shared = [&](const auto& dividend, double delta) -> VectorXd {
    return (c_.array() != 0).select(dividend / (shifted.array() + delta), 0.0);
  };
  // With this delta one element alone is as long as the radius.
  double delta = std::max(0.0, (c_.array().abs() / radius - shifted.array()).maxCoeff());
  VectorXd z = shared(-c_.array(), delta);
  for (int k = 0; k < 50 && z.norm() > radius * (1 + slack); ++k) {
    const double slope = shared(z.array().square(), delta).sum() / z.norm();
    delta += z.norm() / slope * (z.norm() - radius) / radius;
    z = shared(-c_.array(), delta);
  }
  // The hard case, nothing of g along the least eigenvector: the rest of the way goes along it. With delta > 0 there is
  // no rest, but rounding errors, of which the root makes something.
  if (delta == 0 && least < -rounding * largest) z[0] += std::sqrt(std::max(0.0, radius * radius - z.squaredNorm()));
  d_ = eigen_.eigenvectors() * z;
}

}  // namespace fastopt
