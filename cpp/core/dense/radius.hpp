// The radius of a trust region.
//
// It follows the error of the model. With rho the actual decrease over the predicted one, |1 - rho| is about
// (decrease missed) / |g'd| = O(|d|^2), since the model misses terms of third order. So
//
//     radius = |d| sqrt(0.3 / |1 - rho|),   by a factor of 0.1 to 2,
//
// is where the next step may expect |1 - rho| = 0.3. A radius that has not bound the step does not shrink for a good
// one. The first radius is the length of the first step.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

namespace fastopt {

class Radius {
 public:
  static constexpr double infinity = std::numeric_limits<double>::infinity();

  /// `rounding` is the relative error that values of f are taken to have.
  explicit Radius(double rounding) : rounding_(rounding) {}

  /// Forget it: no step is too long.
  void reset() { radius_ = infinity; }

  /// Of the next step; infinite before the first.
  double value() const { return radius_; }

  /// A step of this length is going to be tried, of which the model predicts this decrease.
  void stepped(double length, double predicted) {
    length_ = length;
    predicted_ = predicted;
    if (radius_ == infinity && length > 0) radius_ = length;
  }

  /// Whether f at the end of the step is low enough for it to be taken (NaN and infinity are not), given f at its
  /// start. After false, the radius is shorter than the step. Differences that may be rounding count as none.
  bool accept(double f, double f_end) {
    const double rounding = rounding_ * std::abs(f) + std::numeric_limits<double>::min();
    const double rho = (f - f_end + rounding) / (predicted_ + rounding);
    const double error = std::isfinite(f_end) ? std::abs(1 - rho) : infinity;
    const double next = length_ * std::clamp(std::sqrt(0.3 / error), 0.1, 2.0);
    const bool taken = rho > 1e-4 && error < infinity;
    radius_ = taken && next >= length_ ? std::max(radius_, next) : next;
    return taken;
  }

 private:
  double rounding_, radius_ = infinity, length_ = 0, predicted_ = 0;
};

}  // namespace fastopt
