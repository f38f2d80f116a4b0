#include "bracketing.hpp"

#include <algorithm>
#include <cmath>

namespace fastopt {

void Bracketing::start(const Options& options, double value0, double step) {
  *this = Bracketing();
  options_ = options;
  a_ = {0, value0, std::numeric_limits<double>::quiet_NaN()};
  if (!begin({0, value0, -1}, step)) return;  // the slope is not known; whatever it is, the step is positive
  start_ = best_ = a_;
  step_ = std::min(step, options.max_step);
}

SearchStatus Bracketing::tell(double value) {
  return judge({step_, value, std::numeric_limits<double>::quiet_NaN()}, std::isfinite(value));
}

SearchStatus Bracketing::tell(double value, double slope) {
  const Trial trial{step_, value, slope};
  return judge(trial, is_finite(trial));
}

SearchStatus Bracketing::judge(Trial trial, bool finite) {
  if (status() != SearchStatus::searching) return status();
  ++evaluations_;
  if (!finite) trial.value = std::numeric_limits<double>::infinity();
  if (trial.value < best_.value) best_ = trial;
  if (b_.step == 0 || c_.step == 0) return enclose(trial);

  // Four points a, l, r, c.
  const bool left = trial.step < b_.step;
  const Trial l = left ? trial : b_, r = left ? b_ : trial;
  if (l.value <= r.value) {
    b_ = l;
    c_ = r;
  } else {
    a_ = l;
    b_ = r;
  }
  return narrow();
}

SearchStatus Bracketing::enclose(const Trial& trial) {
  if (trial.value < (b_.step == 0 ? start_ : b_).value) {
    if (b_.step != 0) a_ = b_;
    b_ = trial;
    if (c_.step != 0) return narrow();
    if (trial.step >= options_.max_step) return end(SearchStatus::at_bound);
    return ask(std::min(b_.step + options_.growth * (b_.step - a_.step), options_.max_step));
  }
  c_ = trial;
  if (b_.step != 0) return narrow();
  // One such value may be chance: a parabola is as high at twice the step to its minimum.
  flat_ = trial.value - start_.value <= options_.rounding * std::abs(start_.value) ? flat_ + 1 : 0;
  if (flat_ == 3) return end(SearchStatus::flat);
  return ask(trial.step / (1 + options_.growth));
}

SearchStatus Bracketing::narrow() {
  if (c_.step - a_.step <= options_.xtol * b_.step) return end_with(b_, SearchStatus::found);
  const double before = b_.step - a_.step, after = c_.step - b_.step;
  const double step = after >= before ? b_.step + options_.place * after : b_.step - options_.place * before;
  const bool is_new = step > a_.step && step < c_.step && step != b_.step;
  return is_new ? ask(step) : end_with(b_, SearchStatus::found);
}

SearchStatus Bracketing::ask(double step) {
  step_ = step;
  if (step == 0) return end(SearchStatus::flat);
  return evaluations_ < options_.max_evaluations ? SearchStatus::searching : end(SearchStatus::exhausted);
}

}  // namespace fastopt
