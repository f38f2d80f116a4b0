#include "armijo.hpp"

#include <algorithm>
#include <cmath>

namespace fastopt {

void Armijo::start(const Options& options, double value0, double slope0, double step) {
  *this = Armijo();
  options_ = options;
  if (begin({0, value0, slope0}, step)) step_ = std::clamp(step, options.min_step, options.max_step);
}

SearchStatus Armijo::tell(double value) {
  return judge({step_, value, std::numeric_limits<double>::quiet_NaN()}, std::isfinite(value));
}

SearchStatus Armijo::tell(double value, double slope) {
  const Trial trial{step_, value, slope};
  return judge(trial, is_finite(trial));
}

SearchStatus Armijo::judge(const Trial& trial, bool finite) {
  if (status() != SearchStatus::searching) return status();
  ++evaluations_;
  // A decrease below rounding is none: the bound may round to the value at 0.
  const double bound = start_.value + options_.c1 * trial.step * start_.slope;
  if (finite && trial.value <= bound && trial.value < start_.value) return end_with(trial, SearchStatus::found);
  if (finite && is_flat(trial)) return end(SearchStatus::flat);
  if (trial.step <= options_.min_step) return end(SearchStatus::at_bound);

  // NaN ends up at `longest`, and so does what overflows.
  double step = finite ? interpolated(trial) : options_.longest * trial.step;
  if (!(step <= options_.longest * trial.step)) step = options_.longest * trial.step;
  step_ = std::max({step, options_.shortest * trial.step, options_.min_step});
  last_ = finite ? trial : Trial{};
  if (step_ == 0 || step_ == trial.step) return end(SearchStatus::at_bound);
  return evaluations_ < options_.max_evaluations ? SearchStatus::searching : end(SearchStatus::exhausted);
}

/// Whether rounding hides all decrease. One equal value may also lie as far beyond a minimum as the start before it.
bool Armijo::is_flat(const Trial& trial) const {
  const auto level = [this](const Trial& t) { return within_rounding(start_, t, options_.rounding); };
  const bool hidden = trial.step * std::abs(start_.slope) <= 10 * options_.rounding * std::abs(start_.value);
  return level(trial) && (hidden || (last_.step > 0 && level(last_)));
}

/// The minimiser of the parabola, or cubic, through what is known.
double Armijo::interpolated(const Trial& trial) const {
  const auto excess = [this](const Trial& t) {  // over the tangent, divided by step^2
    return ((t.value - start_.value) / t.step - start_.slope) / t.step;
  };
  const double e1 = excess(trial);
  if (last_.step == 0) return -start_.slope / (2 * e1);
  // phi(0) + phi'(0) a + b a^2 + c a^3 (Nocedal & Wright 3.57, 3.58)
  const double e0 = excess(last_);
  const double c = (e1 - e0) / (trial.step - last_.step);
  const double b = e1 - c * trial.step;
  const double root = std::sqrt(std::max(0.0, b * b - 3 * c * start_.slope));
  return b > 0 ? -start_.slope / (b + root) : (root - b) / (3 * c);
}

}  // namespace fastopt
