// What the line searches share.
//
// A search looks for a step a > 0 along a line on which phi(a) = f(x + a d) is low enough. It is a state machine of
// a few doubles and calls nobody: start() names a step, the caller evaluates it and tell()s what came, until the
// status is no longer `searching`. So a driver can do what it likes between two evaluations, saving included.
//
//     search.start(options, value, slope, 1.0);
//     while (search.status() == SearchStatus::searching) search.tell(phi(search.step()), dphi(search.step()));
//
// A trial whose value or slope is not finite counts as an evaluation, is never accepted, and becomes a wall: the next
// step is halfway between it and the best finite one (Bracketing: as after a value that is too high), and no later step
// reaches it.
#pragma once

#include <cmath>
#include <limits>

namespace fastopt {

/// A point of the line: step, value, slope.
struct Trial {
  double step, value, slope;
};

inline bool is_finite(const Trial& trial) { return std::isfinite(trial.value) && std::isfinite(trial.slope); }

/// How a search stands. After the end best() is worth taking whenever its step is not 0, whatever the status.
enum class SearchStatus : int {
  searching,  ///< step() is to be evaluated
  found,      ///< the conditions hold at best()
  flat,       ///< no step lowers the value by more than rounding errors: best() is the start, or a point with a smaller
              ///< slope whose value may be above the start's by such an error
  at_bound,   ///< max_step, or a wall, was reached and the value still falls there; or min_step, and it is too long
  narrow,     ///< the interval shrank to rounding and no point meets the conditions: a kink, or a wrong slope
  exhausted,  ///< max_evaluations used up
  uphill,     ///< nothing to search: the slope at 0 is not negative, or value, slope or first step not finite
};

/// The relative error that a value is taken to have.
constexpr double value_error = 10 * std::numeric_limits<double>::epsilon();

/// Whether rounding errors of the values alone explain what is seen at `trial`: the value is that of the start, and
/// the slope at the start promised no more. Of equal values the error is what was promised: they may be differences
/// of larger numbers. Where less than one error was promised values cannot tell, so a difference of ten errors is
/// no news either.
inline bool within_rounding(const Trial& start, const Trial& trial, double error) {
  if (trial.value == start.value) return true;
  const double tolerance = error * std::abs(start.value), promised = trial.step * std::abs(start.slope);
  const double most = promised <= tolerance ? 10 * tolerance : tolerance;
  return std::abs(trial.value - start.value) <= most && promised <= 10 * tolerance;
}

template <class V>
void visit_trial(V&& visit, const char* step, const char* value, const char* slope, Trial& trial) {
  visit(step, trial.step), visit(value, trial.value), visit(slope, trial.slope);
}

/// What every search has.
class LineSearch {
 public:
  /// The step to be evaluated next; when ended, that of best().
  double step() const { return step_; }
  SearchStatus status() const { return static_cast<SearchStatus>(status_); }
  /// The found trial; before, the lowest with sufficient decrease; the start, with step 0, if there is none.
  const Trial& best() const { return best_; }
  int evaluations() const { return evaluations_; }

 protected:
  LineSearch() = default;

  /// Begin at `start`; false if there is nothing to search.
  bool begin(const Trial& start, double step) {
    start_ = best_ = start;
    step_ = 0;
    evaluations_ = 0;
    const bool can = is_finite(start) && start.slope < 0 && step > 0 && std::isfinite(step);
    status_ = static_cast<int>(can ? SearchStatus::searching : SearchStatus::uphill);
    return can;
  }

  SearchStatus end(SearchStatus status) {
    step_ = best_.step;
    status_ = static_cast<int>(status);
    return status;
  }

  SearchStatus end_with(const Trial& trial, SearchStatus status) {
    best_ = trial;
    return end(status);
  }

  /// Visit every field, doubles and ints, as visit("name", field&).
  template <class V>
  void visit_search(V&& visit) {
    visit_trial(visit, "start.step", "start.value", "start.slope", start_);
    visit_trial(visit, "best.step", "best.value", "best.slope", best_);
    visit("step", step_), visit("evaluations", evaluations_), visit("status", status_);
  }

  Trial start_{}, best_{};
  double step_ = 0;
  int evaluations_ = 0, status_ = static_cast<int>(SearchStatus::uphill);
};

}  // namespace fastopt
