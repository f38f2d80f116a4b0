#include "driver.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

namespace fastopt {
namespace {

constexpr double eps = std::numeric_limits<double>::epsilon();
constexpr double tiny = std::numeric_limits<double>::min();

// How many evaluations in a row may leave the value as it is, up to rounding, and the gradient no smaller than it was.
constexpr int most_level = 20;

// A step below this part of the first trial of its search was cut short, at a kink say: it tells nothing about a
// minimum.
constexpr double cut_short = 1e-3;

// At a minimum max |x g|, what f changes by to first order where a variable changes by all of itself, is at most this
// part of |f|, or more for loose tests ...
constexpr double part_of_value = 1e-3;

// ... or, where f goes to 0, this part of what f has fallen.
constexpr double part_of_fall = 1e-10;

// What a variable counts as at least at the start.
constexpr double unknown_unit = 1e7;

// A value below this many times -max(1, |f| at the start) falls without end.
constexpr double huge = 1e30;

// So much steeper is the way to a trial of -infinity at its end, if the value falls all the way to it. Else the trial
// lies outside of where the function is defined.
constexpr double abyss = 1e6;

}  // namespace

Driver::Driver(const Vectors& vectors, std::unique_ptr<Model> model, std::unique_ptr<Region> region,
               const Limits& limits, const MoreThuente::Options& search)
    : vectors_(vectors), model_(std::move(model)), region_(std::move(region)), limits_(limits), options_(search) {
  vectors_.reserve(g_);
  vectors_.reserve(last_);
}

void Driver::begin(void* x, void* trial, std::function<void*(void*)> vacant) {
  x_ = x;
  trial_ = trial;
  vacant_ = std::move(vacant);
  if (!begun_) region_->admit(trial);
  asked_ = !begun_;
}

void Driver::ask() {
  if (!asked_) place(search_.step());
  asked_ = true;
}

void Driver::tell(double value, const void* gradient) {
  stepped_ = false;
  asked_ = false;
  ++evaluations_;
  if (!begun_) return open(value, gradient);

  value += region_->penalty();
  const Results change = compare(gradient, search_.step());
  if (value == -std::numeric_limits<double>::infinity()) bottomless_ = true;
  Trial trial{search_.step(), value, change[slope_at_trial]};
  if (!vectors_.finite(last_.get(), change[yy])) trial.value = unknown;
  if (is_finite(trial) && (lowest_.step == 0 || value < lowest_.value)) {
    lowest_ = trial;
    lowest_is_last_ = true;
  }
  if (is_finite(trial) && value > value_ && !hidden(value - value_)) contrary_ = trial.slope < 0;
  const SearchStatus how = search_.tell(trial.value, trial.slope);
  if (how != SearchStatus::searching) end_search(how, trial, change);
  if (status_ == Status::running && spent()) finish(Status::evaluations);
}

/// The first evaluation, or the first since it was opened again.
void Driver::open(double value, const void* gradient) {
  begun_ = true;
  std::swap(x_, trial_);
  value_ = value + region_->penalty();
  const Results found = region_->take(x_, gradient, g_.get(), noise());
  steepness_ = found[steepest_here];
  high_ = value_;
  if (std::isfinite(value_)) top_ = value_;
  if (!std::isfinite(value_) || !vectors_.finite(g_.get(), found[gg]))
    finish(Status::not_finite);
  else if (!enough(value_, 0, false))
    aim(unknown);
}

/// Take over the gradient of a trial, without losing that of the lowest one.
Results Driver::compare(const void* gradient, double step) {
  if (lowest_is_last_) {
    vectors_.reserve(other_);
    std::swap(last_, other_);
    lowest_is_last_ = false;
  }
  return region_->compare(x_, trial_, step, gradient, g_.get(), last_.get(), noise());
}

void Driver::place(double step) {
  trial_ = vacant_(trial_);
  farthest_ = region_->place(x_, trial_, step);
}

void Driver::end_search(SearchStatus how, Trial trial, Results change) {
  if (falls_without_end(trial.step)) return finish(Status::unbounded);
  if (search_.best().step == trial.step) {
    if ((trial.value < value_ && !hidden(value_ - trial.value)) || change[steepest] < flattest_) {
      level_ = 0;
      flattest_ = change[steepest];
    } else if ((level_ += search_.evaluations()) > most_level) {
      return finish(Status::rounding);
    }
    // An equal value where a fall was promised says nothing: it may lie beyond a ridge, or behind a kink.
    const double least = std::max(10 * options_.rounding, limits_.ftol) * std::abs(value_);
    const bool blind = how == SearchStatus::flat && trial.step * -slope_ > least;
    const bool cut = how == SearchStatus::exhausted || trial.step < cut_short * first_;
    const bool flatter = change[steepest] < steepness_;
    return accept(trial, change, !blind && !cut && flatter);
  }
  if (lower() && !hidden(lowest_.value - value_)) {  // not what was sought, but a step
    if (!lowest_is_last_) {
      trial = lowest_;
      place(trial.step);
      change = compare(other_.get(), trial.step);
    }
    return accept(trial, change, false);
  }
  if (!settled(loose()) && !fallen() && aim_relative()) return;
  if ((how == SearchStatus::flat && !contrary_) || hidden(promise_ / 10)) {
    // Far from 0 a point may have no digits for the first step.
    const double seen = std::sqrt(options_.rounding) * farthest_ / longest_;
    return model_->empty() && first_ < seen ? aim_steepest(seen) : finish(Status::rounding);
  }
  if (model_->empty()) return finish(Status::no_progress);
  model_->clear();
  aim_steepest();
}

/// Whether the value fell all the way to -infinity; or to a step 1e10 times the first one, by which the slope promised
/// a fall of 1e10 |f| as well: at a kink the first step may lead no farther than to the next number, and 1e10 times it
/// is not far.
bool Driver::falls_without_end(double step) const {
  if (!lower() || search_.bracketed() || lowest_.step != step) return false;
  return step * -slope_ >= 1e10 * std::max(promise_, std::abs(value_)) ||
         (bottomless_ && lowest_.slope <= abyss * slope_);
}

/// Whether such a change of the value is nothing but rounding errors.
bool Driver::hidden(double change) const { return std::abs(change) <= noise(); }

double Driver::noise() const { return options_.rounding * std::abs(value_); }

/// Go to the last trial. `sought` is whether it is what the search looked for, so that a short step tells of a minimum.
void Driver::accept(const Trial& trial, const Results& change, bool sought) {
  const double before = value_;
  if (lower() && lowest_.value < trial.value && lowest_.value < passed_value_) pass_by_lowest();
  const bool curved = change[dy] > eps * -slope_ && std::isfinite(change[yy]);
  if (curved) region_->settle(x_, trial_, trial.step);
  if (std::abs(trial.value) < 0.1 * std::abs(high_)) high_ = value_, steep_ = steepness_;
  std::swap(x_, trial_);
  std::swap(g_, last_);
  value_ = trial.value;
  if (value_ <= passed_value_) passed_value_ = std::numeric_limits<double>::infinity();
  steepness_ = change[steepest];
  lowest_ = {};
  lowest_is_last_ = false;
  stepped_ = true;
  ++iterations_;
  if (curved) model_->learn({trial.step, change[dy], change[yy]});
  if (!enough(before, trial.step, sought)) aim(curved ? change[slope_at_trial] : unknown);
}

/// Remember the lowest trial of the search, which is not the last.
void Driver::pass_by_lowest() {
  vectors_.reserve(passed_);
  region_->place(x_, passed_.get(), lowest_.step);
  std::swap(passed_g_, other_);
  passed_value_ = lowest_.value;
}

/// The tests that end a descent, after the start and after each step.
bool Driver::enough(double before, double step, bool sought) {
  steep_ = std::max(steep_, steepness_);
  const double fall = before - value_, scale = std::max(std::abs(before), std::abs(value_));
  const bool stays = step > 0 && hidden(fall);
  if (!stays) tried_relative_ = false;
  sought = sought && vanishes(fall);
  const bool short_fall = sought && limits_.ftol > 0 && fall <= limits_.ftol * scale;
  const bool short_step = sought && limits_.xtol > 0 && step * longest_ <= limits_.xtol * std::max(1.0, farthest_);
  const bool level = (short_fall || short_step || stays) && settled(loose());
  const bool vanished = level || fallen();
  doubtful_ = (short_fall || short_step || stays) && !vanished;
  if (-value_ > huge * std::max(1.0, std::abs(top_)))
    finish(Status::unbounded);
  else if (flat() && (!limits_.relative || steepness_ <= tiny || (stays && tried_relative_) || settled(part_of_value) ||
                      fallen()))
    finish(Status::gradient);
  else if (short_fall && level)
    finish(Status::decrease);
  else if (short_step && vanished)
    finish(Status::step);
  else if (iterations_ - iterations_before_ >= limits_.iterations)
    finish(Status::iterations);
  else if (spent())
    finish(Status::evaluations);
  return status_ != Status::running;
}

/// Whether the gradient has shrunk with the fall of the value: max |g+| <= G min(1/10, cbrt((f - f+) / (F - f+))).
/// On the way to a minimum of a smooth function it shrinks like the square root; the cube root bears bad conditioning.
/// At a kink, where steps are as short, it does not shrink.
bool Driver::vanishes(double fall) const {
  fall = std::max(fall, options_.rounding * std::abs(value_));
  const double all = std::max(high_ - value_, fall);
  return steepness_ <= std::min(0.1, std::cbrt(fall / all)) * steep_;
}

/// max |x g|. It depends on no unit, neither of a variable nor of f. But many start at 0 or close to it, which tells
/// nothing about a unit.
double Driver::relative() const {
  const double change = region_->relative(x_, g_.get());
  return iterations_ > 0 ? change : std::max(change, unknown_unit * steepness_);
}

/// Whether max |x g| is small beside |f|.
bool Driver::settled(double part) const { return relative() <= part * std::abs(value_); }

/// What part is small, as `ftol` has it.
double Driver::loose() const { return std::max(part_of_value, 100 * std::sqrt(limits_.ftol)); }

/// Whether max |x g| is small beside what f has fallen, as where f goes to 0.
bool Driver::fallen() const { return relative() <= std::max(part_of_fall, options_.rounding) * (top_ - value_); }

void Driver::aim(double dg) {
  if (doubtful_ && aim_relative()) return;
  if (!model_->empty()) {
    const Aim found = region_->aim(x_, g_.get(), dg);
    if (found.slope < 0 && std::isfinite(found.slope) && std::isfinite(found.longest)) return search(found);
    model_->clear();
  }
  aim_steepest();
}

/// Of a value > 0 one may guess that 0 is the least. So the first step is not beyond where a parabola would reach 0,
/// unless bounds limit it; but not shorter than a thousandth of what it would be, as the guess may be wrong, and the
/// fall then lost in rounding errors. `least` is how long it is at least.
void Driver::aim_steepest(double least) {
  Aim found = region_->aim_steepest(x_, g_.get(), steepness_);
  const double zero = 2 * value_ / -found.slope;
  if (value_ > 0 && std::isinf(found.most)) found.step = std::min(found.step, std::max(zero, 1e-3 * found.step));
  found.step = std::max(found.step, least);
  search(found);
}

/// The directions of the model may have forgotten a variable whose unit is much larger than another's. False, and
/// nothing is done, if this one was tried at the same value, or does not lead down.
bool Driver::aim_relative() {
  if (tried_relative_) return false;
  tried_relative_ = true;
  const Aim found = region_->aim_relative(x_, g_.get());
  if (!(found.slope < 0 && std::isfinite(found.slope) && std::isfinite(found.longest))) return false;
  search(found);
  return true;
}

void Driver::search(const Aim& aim) {
  slope_ = aim.slope;
  longest_ = aim.longest;
  promise_ = aim.step * -aim.slope;
  bottomless_ = false;
  contrary_ = false;
  lowest_ = {};
  lowest_is_last_ = false;
  MoreThuente::Options options = options_;
  options.max_step = std::min(options.max_step, aim.most);
  search_.start(options, value_, aim.slope, aim.step);
  first_ = search_.step();
  // A gradient may be too short for x to have digits for a step of its length.
  if (search_.status() != SearchStatus::searching && (settled(loose()) || !aim_relative())) finish(Status::no_progress);
}

void Driver::reopen() {
  if (status_ == Status::running) return;
  status_ = Status::running;
  stepped_ = false;
  iterations_before_ = iterations_;
  evaluations_before_ = evaluations_;
  if (!begun_) return;  // it was stopped before the first evaluation
  begun_ = false;
  level_ = 0;
  steep_ = flattest_ = 0;
  passed_value_ = std::numeric_limits<double>::infinity();
  lowest_ = {};
  lowest_is_last_ = false;
  trial_ = vacant_(trial_);
  std::memcpy(trial_, x_, vectors_.bytes());
  region_->admit(trial_);
  asked_ = true;
}

void Driver::stop(Status reason) {
  if (status_ == Status::running) finish(reason);
}

/// End at the lowest point, but at that of the last step if it passed a test for a minimum, or if others are lower by
/// rounding errors only.
void Driver::finish(Status reason) {
  status_ = reason;
  if (!begun_) return;
  if (lower() && lowest_.value <= passed_value_) {
    place(lowest_.step);
    move_to_trial(lowest_.value, lowest_is_last_ ? last_ : other_);
  } else if (passed_value_ < value_ && !hidden(value_ - passed_value_) && reason > Status::step) {
    trial_ = vacant_(trial_);
    std::memcpy(trial_, passed_.get(), vectors_.bytes());
    move_to_trial(passed_value_, passed_g_);
  }
  if ((reason == Status::rounding || reason == Status::no_progress) && flat()) status_ = Status::gradient;
}

void Driver::move_to_trial(double value, Buffer& gradient) {
  std::swap(x_, trial_);
  std::swap(g_, gradient);
  value_ = value;
  vectors_.reserve(last_);  // empty if no search had a second trial
  steepness_ = region_->take(x_, g_.get(), last_.get(), noise())[steepest_here];
}

void Driver::visit(Archive& archive) {
  archive("status", status_);
  archive("begun", begun_);
  archive("stepped", stepped_);
  archive("level", level_);
  archive("flattest", flattest_);
  archive("promise", promise_);
  archive("top", top_);
  archive("high", high_);
  archive("steep", steep_);
  archive("contrary", contrary_);
  archive("iterations", iterations_);
  archive("evaluations", evaluations_);
  archive("iterations before", iterations_before_);
  archive("evaluations before", evaluations_before_);
  archive("value", value_);
  archive("slope", slope_);
  archive("steepness", steepness_);
  archive("longest", longest_);
  archive("farthest", farthest_);
  archive("first step", first_);
  visit_trial(archive, "lowest step", "lowest value", "lowest slope", lowest_);
  archive("lowest is last", lowest_is_last_);
  archive("bottomless", bottomless_);
  archive("doubtful", doubtful_);
  archive("tried relative", tried_relative_);
  archive("gradient", g_, vectors_.dtype());
  archive("last gradient", last_, vectors_.dtype());
  archive("other gradient", other_, vectors_.dtype());
  archive("passed value", passed_value_);
  archive("passed point", passed_, vectors_.dtype());
  archive("passed gradient", passed_g_, vectors_.dtype());
  search_.visit([&](const char* name, auto& field) { archive(std::string("search ") + name, field); });
  model_->visit(archive);
}

}  // namespace fastopt
