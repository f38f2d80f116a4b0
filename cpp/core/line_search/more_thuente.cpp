#include "more_thuente.hpp"

#include <algorithm>
#include <cmath>

namespace fastopt {
namespace {

/// theta and gamma of the cubic through a and b, scaled so that no square overflows.
struct Cubic {
  Cubic(const Trial& a, const Trial& b) : theta(3 * (a.value - b.value) / (b.step - a.step) + (a.slope + b.slope)) {
    const double scale = std::max({std::abs(theta), std::abs(a.slope), std::abs(b.slope)});
    const double ratio = theta / scale;
    gamma = scale * std::sqrt(std::max(0.0, ratio * ratio - (a.slope / scale) * (b.slope / scale)));
    if (b.step < a.step) gamma = -gamma;
  }

  double theta, gamma;
};

/// The minimiser of the cubic through a and b.
double cubic_step(const Trial& a, const Trial& b) {
  const Cubic c(a, b);
  const double p = (c.gamma - a.slope) + c.theta;
  const double q = ((c.gamma - a.slope) + c.gamma) + b.slope;
  return a.step + p / q * (b.step - a.step);
}

/// The minimiser of the parabola with the slopes of a and b.
double secant_step(const Trial& a, const Trial& b) {
  return a.step + a.slope / (a.slope - b.slope) * (b.step - a.step);
}

/// The minimiser of the parabola with value and slope of a and the value of b.
double quadratic_step(const Trial& a, const Trial& b) {
  const double chord = (a.value - b.value) / (b.step - a.step);
  return a.step + a.slope / (chord + a.slope) / 2 * (b.step - a.step);
}

/// The minimiser beyond t, seen from x, of the cubic through both; an end of [low, high] if it has none there.
double extrapolated_step(const Trial& x, const Trial& t, double low, double high) {
  const Cubic c(t, x);
  const double p = (c.gamma - t.slope) + c.theta;
  const double q = (c.gamma + (x.slope - t.slope)) + c.gamma;
  const double r = p / q;
  if (r < 0 && c.gamma != 0) return t.step + r * (x.step - t.step);
  return t.step > x.step ? high : low;
}

/// The step after t (MINPACK-2 dcstep): `x` and `y` come to bound an interval with a minimiser, x the lower end.
double next_step(Trial& x, Trial& y, const Trial& t, int& bracketed, double low, double high) {
  const bool turns = t.slope * (x.slope < 0 ? -1.0 : 1.0) < 0;
  double step;
  if (t.value > x.value) {  // higher: a minimiser lies between
    const double cubic = cubic_step(x, t), quadratic = quadratic_step(x, t);
    const bool nearer = std::abs(cubic - x.step) <= std::abs(quadratic - x.step);
    step = nearer ? cubic : cubic + (quadratic - cubic) / 2;
    bracketed = true;
  } else if (turns) {  // lower, slopes of opposite sign: a minimiser lies between
    const double cubic = cubic_step(t, x), secant = secant_step(t, x);
    step = std::abs(cubic - t.step) > std::abs(secant - t.step) ? cubic : secant;
    bracketed = true;
  } else if (std::abs(t.slope) < std::abs(x.slope)) {  // lower and less steep: a minimiser may lie beyond
    const double cubic = extrapolated_step(x, t, low, high), secant = secant_step(t, x);
    const bool nearer = std::abs(cubic - t.step) < std::abs(secant - t.step);
    if (bracketed) {
      step = nearer ? cubic : secant;
      const double limit = t.step + 0.66 * (y.step - t.step);
      step = t.step > x.step ? std::min(limit, step) : std::max(limit, step);
    } else {
      step = nearer ? secant : cubic;
      step = std::clamp(step, low, high);
    }
  } else {  // lower and no less steep
    step = bracketed ? cubic_step(t, y) : t.step > x.step ? high : low;
  }

  if (t.value > x.value) {
    y = t;
  } else {
    if (turns) y = x;
    x = t;
  }
  return step;
}

}  // namespace

void MoreThuente::start(const Options& options, double value0, double slope0, double step) {
  *this = MoreThuente();
  options_ = options;
  x_ = y_ = {0, value0, slope0};
  if (!begin(x_, step)) return;
  step_ = std::clamp(step, options.min_step, options.max_step);
  width_ = options.max_step - options.min_step;
  last_width_ = 2 * width_;
  low_ = 0;
  high_ = step_ + 4 * step_;
}

/// The interval is a point: for want of digits, before a wall, or at a kink.
SearchStatus MoreThuente::end_narrow() {
  if (std::abs(best_.value - start_.value) <= options_.rounding * std::abs(start_.value))
    return end(SearchStatus::flat);
  return end(wall_ != 0 && !bracketed_ ? SearchStatus::at_bound : SearchStatus::narrow);
}

/// Whether the interval is too short for another step, or what a wall has left of it. Where the values at both ends
/// differ from that at 0 by rounding errors only, a tenth of its farther end is short enough: if slopes are not flat
/// there, that is noise.
bool MoreThuente::is_point() const {
  const bool blind = within_rounding(start_, x_, options_.rounding) && within_rounding(start_, y_, options_.rounding);
  const double xtol = blind ? std::max(options_.xtol, 0.1) : options_.xtol;
  const auto meet = [xtol](double a, double b) { return std::abs(a - b) <= xtol * std::max(a, b); };
  return (bracketed_ && meet(x_.step, y_.step)) || (wall_ != 0 && meet(x_.step, wall_));
}

/// A step within the limits and on this side of the wall.
double MoreThuente::safeguarded(double step) const {
  step = std::clamp(step, options_.min_step, options_.max_step);
  const bool beyond = wall_ > x_.step ? step >= wall_ : step <= wall_;
  return wall_ != 0 && beyond ? x_.step + 0.5 * (wall_ - x_.step) : step;
}

SearchStatus MoreThuente::next(double step) {
  const double last = step_;
  step_ = safeguarded(step);
  if (wall_ != 0 && !bracketed_) low_ = step_, high_ = wall_;
  if (bracketed_ && x_.step == 0 && y_.slope < 0 && within_rounding(start_, y_, options_.rounding))
    return end(SearchStatus::flat);
  if (is_point() || (bracketed_ && (step_ <= low_ || step_ >= high_))) return end_narrow();
  if (step_ == last || step_ == 0) return end(SearchStatus::at_bound);
  return evaluations_ < options_.max_evaluations ? SearchStatus::searching : end(SearchStatus::exhausted);
}

SearchStatus MoreThuente::tell(double value, double slope) {
  if (status() != SearchStatus::searching) return status();
  ++evaluations_;
  Trial t{step_, value, slope};
  if (!is_finite(t)) {
    wall_ = t.step;
    return next(wall_);
  }

  const double slope_test = options_.c1 * start_.slope;
  const double test = start_.value + t.step * slope_test;
  const bool sufficient = value <= test;
  const auto flatter = [&](double c) { return std::abs(slope) <= c * -start_.slope; };
  if (sufficient && flatter(options_.c2)) return end_with(t, SearchStatus::found);
  if (within_rounding(start_, t, options_.rounding)) {
    if (flatter(std::min(options_.c2, 1 - 2 * options_.c1))) return end_with(t, SearchStatus::flat);
    // A step so short that the fall is hidden: slopes decide. A positive one has the trial bracket the minimum, at the
    // value that the slopes make of it; while all are negative no value may send the search back.
    if (slope > 0)
      t.value = x_.value + (x_.slope + slope) / 2 * (t.step - x_.step);
    else if (!bracketed_)
      t.value = std::min(value, x_.value);
  }
  if (sufficient && value < best_.value) best_ = t;
  if (t.step == options_.max_step && sufficient && slope <= slope_test) return end(SearchStatus::at_bound);
  if (t.step == options_.min_step && (!sufficient || slope >= slope_test)) return end(SearchStatus::at_bound);

  // Once psi <= 0 and phi' >= 0 have been seen the interval holds a minimiser of phi itself.
  if (stage_ == 1 && sufficient && slope >= 0) stage_ = 2;

  double step;
  if (stage_ == 1 && t.value <= x_.value && !sufficient) {  // lower, but not enough: work on psi
    const auto tilt = [slope_test](Trial& p, double sign) {
      p.value -= sign * p.step * slope_test;
      p.slope -= sign * slope_test;
    };
    Trial tilted = t;
    tilt(x_, 1), tilt(y_, 1), tilt(tilted, 1);
    step = next_step(x_, y_, tilted, bracketed_, low_, high_);
    tilt(x_, -1), tilt(y_, -1);
  } else {
    step = next_step(x_, y_, t, bracketed_, low_, high_);
  }

  if (!std::isfinite(step)) step = bracketed_ ? x_.step + 0.5 * (y_.step - x_.step) : 5 * t.step;
  if (bracketed_) {  // two steps shall shrink the interval by a third at least
    const double width = std::abs(y_.step - x_.step);
    if (width >= 0.66 * last_width_) step = x_.step + 0.5 * (y_.step - x_.step);
    last_width_ = width_;
    width_ = width;
    low_ = std::min(x_.step, y_.step);
    high_ = std::max(x_.step, y_.step);
  } else {
    low_ = step + 1.1 * (step - x_.step);
    high_ = step + 4 * (step - x_.step);
  }
  return next(step);
}

}  // namespace fastopt
