#include "trust_region.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace fastopt {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

constexpr double infinity = std::numeric_limits<double>::infinity(), epsilon = std::numeric_limits<double>::epsilon();

/// The power of two next below the largest element, 1 where all are zero.
template <class Matrix>
double scale_of(const Matrix& a) {
  const double largest = a.cwiseAbs().maxCoeff();
  return largest > 0 ? std::ldexp(1.0, std::ilogb(largest)) : 1;
}

}  // namespace

TrustRegion::TrustRegion(std::size_t n)
    : h_(n, n), g_(n), d_(n), cholesky_(static_cast<Index>(n)), eigen_(static_cast<Index>(n)), radius_(infinity) {}

void TrustRegion::reset() { radius_ = infinity; }

bool TrustRegion::model(const double* g, const double* h) {
  // Row-major read as column-major: the lower triangle has become the upper one.
  const Eigen::Map<const Eigen::MatrixXd> transposed(h, h_.rows(), h_.cols());
  g_ = Eigen::Map<const VectorXd>(g, g_.size());
  h_ = transposed.selfadjointView<Eigen::Upper>();
  definite_ = decomposed_ = false;
  if (!g_.allFinite() || !h_.allFinite()) return false;

  const double of_g = scale_of(g_), of_h = scale_of(h_);
  g_ /= of_g;
  h_ /= of_h;
  unit_ = of_g / of_h;
  fall_ = of_g * unit_;
  cholesky_.compute(h_);
  const double least = cholesky_.matrixLLT().diagonal().cwiseAbs().minCoeff();
  const double rounding = static_cast<double>(h_.rows()) * epsilon;
  definite_ = cholesky_.info() == Eigen::Success && least * least > rounding * h_.diagonal().maxCoeff();
  return std::isfinite(unit_) && unit_ > 0;
}

double TrustRegion::step(double* d) {
  const double radius = radius_ / unit_;
  if (!newton(radius)) within(radius);
  length_ = unit_ * d_.norm();
  if (radius_ == infinity) radius_ = length_;
  Eigen::Map<VectorXd>(d, d_.size()) = unit_ * d_;
  predicted_ = fall_ * std::max(0.0, -g_.dot(d_) - 0.5 * d_.dot(h_ * d_));
  return predicted_;
}

/// The Newton step, if there is one and it fits.
bool TrustRegion::newton(double radius) {
  if (!definite_) return false;
  d_ = cholesky_.solve(-g_);
  return d_.norm() <= radius;
}

void TrustRegion::decompose() {
  eigen_.compute(h_);
  lambda_ = eigen_.eigenvalues();
  c_ = eigen_.eigenvectors().transpose() * g_;
  const double rounding = static_cast<double>(c_.size()) * epsilon * g_.norm();
  c_ = (c_.array().abs() > rounding).select(c_, 0.0);
  decomposed_ = true;
}

/// Solve (H + mu I) d = -g, |d| = radius. With mu = max(0, -lambda_1) + delta, eigenvalues are first shifted by all but
/// delta, for which Newton's method on 1 / |d(delta)| converges from below: that function is concave.
void TrustRegion::within(double radius) {
  if (!decomposed_) decompose();
  const double largest = lambda_.cwiseAbs().maxCoeff(), least = lambda_[0];
  const double rounding = static_cast<double>(c_.size()) * epsilon * largest;
  if (radius == infinity) radius = largest > 0 && g_.norm() > 0 ? g_.norm() / largest : 1 / unit_;

  const VectorXd shifted = (lambda_.array() + std::max(0.0, -least)).max(0.0);
  const auto along = [&](double delta) -> VectorXd {
    return (c_.array() != 0).select(-c_.array() / (shifted.array() + delta), 0.0);
  };
  // From below: with this delta one element alone has the length of the radius.
  double delta = std::max(0.0, (c_.array().abs() / radius - shifted.array()).maxCoeff());
  VectorXd z = along(delta);
  if (z.norm() <= radius) {
    // Nothing of g along the eigenvectors of negative curvature: the rest of the way goes along one of them.
    if (least < -rounding) z[0] += std::sqrt(std::max(0.0, radius * radius - z.squaredNorm()));
  } else {
    for (int k = 0; k < 50 && z.norm() > radius * (1 + 1e-6); ++k) {
      const double length = z.norm();
      const double slope = (z.array().square() / (shifted.array() + delta)).sum() / length;  // of -length
      delta += (length / slope) * ((length - radius) / radius);
      z = along(delta);
    }
  }
  d_ = eigen_.eigenvectors() * z;
}

bool TrustRegion::judge(double f, double f_end) {
  const double rounding = 10 * epsilon * std::abs(f) + std::numeric_limits<double>::min();
  const double rho = (f - f_end + rounding) / (predicted_ + rounding);
  const double error = std::isfinite(f_end) ? std::abs(1 - rho) : infinity;
  const double next = length_ * std::clamp(std::sqrt(0.3 / error), 0.1, 2.0);
  const bool taken = rho > 1e-4 && error < infinity;
  radius_ = taken && next > length_ ? std::max(radius_, next) : next;
  return taken;
}

}  // namespace fastopt
