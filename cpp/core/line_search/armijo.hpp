// Backtracking with interpolation.
//
// J. Nocedal, S.J. Wright: Numerical Optimization, 2nd ed. (2006), section 3.5.
#pragma once

#include "search.hpp"

namespace fastopt {

/// Shortens the step until
///     phi(a) <= phi(0) + c1 a phi'(0)
/// for 0 < c1 < 1. The next step is the minimiser of the parabola through phi(0), phi'(0) and the last value, then of
/// the cubic through phi(0), phi'(0) and the last two values, and between `shortest` and `longest` times the last.
class Armijo : public LineSearch {
 public:
  struct Options {
    double c1 = 1e-4;
    double shortest = 0.1, longest = 0.5;
    double min_step = 0, max_step = 1e20;
    int max_evaluations = 30;
    double rounding = value_error;  ///< relative error of the values; for `flat`

    template <class V>
    void visit(V&& v) {
      v("c1", c1), v("shortest", shortest), v("longest", longest), v("min_step", min_step);
      v("max_step", max_step), v("max_evaluations", max_evaluations), v("rounding", rounding);
    }
  };

  Armijo() = default;
  void start(const Options& options, double value0, double slope0, double step);

  /// The value at step(); best() then has NaN for the slope.
  SearchStatus tell(double value);
  /// The slope is kept for best(), and a trial where it is not finite is not accepted.
  SearchStatus tell(double value, double slope);

  template <class V>
  void visit(V&& v) {
    options_.visit(v);
    visit_search(v);
    visit_trial(v, "last.step", "last.value", "last.slope", last_);
  }

 private:
  SearchStatus judge(const Trial& trial, bool finite);
  bool is_flat(const Trial& trial) const;
  double interpolated(const Trial& trial) const;

  Options options_;
  Trial last_{};  // the trial before this one if it was finite, else of step 0
};

}  // namespace fastopt
