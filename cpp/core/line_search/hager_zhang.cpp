#include "hager_zhang.hpp"

#include <algorithm>
#include <cmath>

namespace fastopt {
namespace {

/// Where the line through the slopes of a and b is 0.
double secant(const Trial& a, const Trial& b) { return (a.step * b.slope - b.step * a.slope) / (b.slope - a.slope); }

}  // namespace

void HagerZhang::start(const Options& options, double value0, double slope0, double step) {
  *this = HagerZhang();
  options_ = options;
  a_ = b_ = {0, value0, slope0};
  if (begin(a_, step)) step_ = std::min(step, options.max_step);  // B0
}

SearchStatus HagerZhang::ask(double step, Phase phase) {
  phase_ = phase;
  step_ = step;
  return evaluations_ < options_.max_evaluations ? SearchStatus::searching : end(SearchStatus::exhausted);
}

SearchStatus HagerZhang::tell(double value, double slope) {
  if (status() != SearchStatus::searching) return status();
  ++evaluations_;
  Trial c{step_, value, slope};
  if (is_finite(c)) {
    const bool sufficient = value <= start_.value + options_.c1 * c.step * start_.slope;
    const bool flatter = slope >= options_.c2 * start_.slope;
    const bool approximate = value <= limit() && slope <= (2 * options_.c1 - 1) * start_.slope;
    if (flatter && (sufficient || approximate)) return end_with(c, SearchStatus::found);
    if (sufficient && value < best_.value) best_ = c;
  } else {
    wall_ = c.step;
    c = {c.step, std::numeric_limits<double>::infinity(), start_.slope};  // as if it were too high and falling
  }
  return phase_ == expanding ? expand(c) : update(c);
}

/// B1-B3, with the longest step that is low and falls where B2 has 0.
SearchStatus HagerZhang::expand(const Trial& c) {
  b_ = c;
  if (c.slope >= 0) return secants();
  if (c.value > limit()) {
    after_ = halving;
    return divide();
  }
  a_ = c;
  if (c.step >= options_.max_step) return end(SearchStatus::at_bound);
  return ask(std::min(options_.rho * c.step, options_.max_step), expanding);
}

/// U1-U3, and what follows.
SearchStatus HagerZhang::update(const Trial& c) {
  const Phase phase = static_cast<Phase>(phase_);
  if (phase == dividing) {
    (c.slope >= 0 || c.value > limit() ? b_ : a_) = c;
    return c.slope >= 0 ? go_on(static_cast<Phase>(after_)) : divide();
  }
  const Trial a = a_, b = b_;
  if (c.slope < 0 && c.value > limit()) {
    after_ = phase == first_secant ? second_secant : phase;
    b_ = c;
    return divide();
  }
  (c.slope >= 0 ? b_ : a_) = c;
  if (phase == first_secant) {  // S2-S4
    const double other = c.slope >= 0 ? secant(b, b_) : secant(a, a_);
    if (inside(other)) return ask(other, second_secant);
  }
  return go_on(phase == halving ? halving : second_secant);
}

/// U3: the interval ends in a point that is too high and falls, so that a minimiser lies before it.
SearchStatus HagerZhang::divide() {
  const double d = (1 - options_.theta) * a_.step + options_.theta * b_.step;
  if (!inside(d) || b_.step - a_.step <= options_.xtol * b_.step)
    return end(wall_ == b_.step ? SearchStatus::at_bound : best_.step > 0 ? SearchStatus::narrow : SearchStatus::flat);
  return ask(d, dividing);
}

/// L1, S1: a secant step, U0 if it leaves the interval.
SearchStatus HagerZhang::secants() {
  width_ = b_.step - a_.step;
  const double c = secant(a_, b_);
  return inside(c) ? ask(c, first_secant) : check_width();
}

/// L2.
SearchStatus HagerZhang::check_width() {
  const double middle = a_.step + 0.5 * (b_.step - a_.step);
  if (!inside(middle) || b_.step - a_.step <= options_.xtol * b_.step)
    return end(best_.step > 0 ? SearchStatus::narrow : SearchStatus::flat);
  return b_.step - a_.step > options_.gamma * width_ ? ask(middle, halving) : secants();
}

/// After the secant steps L2, after a bisection L3.
SearchStatus HagerZhang::go_on(Phase done) { return done == halving ? secants() : check_width(); }

}  // namespace fastopt
