// Line searches that need values only.
//
// J. Kiefer: Sequential minimax search for a maximum. Proc. Amer. Math. Soc. 4 (1953), 502-506 (golden section).
// W.H. Press et al.: Numerical Recipes, 3rd ed. (2007), sections 10.1 and 10.2.
#pragma once

#include "search.hpp"

namespace fastopt {

/// Encloses a minimiser and narrows it in. First three points a < b < c with phi(b) below phi(a) and phi(c) are found:
/// while the value falls the gap to the next point is `growth` times the last, while the first step is too long it is
/// divided by 1 + growth. Then, again and again, a fourth point is put into the wider of the two gaps, at the fraction
/// `place` of it as seen from b; of the four, the two inner values are compared and the outer point beside the higher
/// one is dropped. It ends when c - a <= xtol b.
///
/// golden(): every point divides its interval in the golden section, which shrinks by 0.618 with each evaluation.
/// four_point(): the bracket has gaps 1 : 2 and the wider gap is halved, so the first four points are thirds; two
/// evaluations shrink the interval by 1/2 at least.
///
/// A value that is not finite is higher than all others.
class Bracketing : public LineSearch {
 public:
  struct Options {
    double growth = 1.618033988749895, place = 0.3819660112501051;
    double xtol = 1e-4;  ///< of the interval, relative to the step
    double max_step = 1e20;
    int max_evaluations = 100;
    double rounding = value_error;  ///< relative error of the values; for `flat`

    template <class V>
    void visit(V&& v) {
      v("growth", growth), v("place", place), v("xtol", xtol), v("max_step", max_step);
      v("max_evaluations", max_evaluations), v("rounding", rounding);
    }
  };
  static Options golden() { return {}; }
  static Options four_point() {
    Options options;
    options.growth = 2;
    options.place = 0.5;
    return options;
  }

  Bracketing() = default;
  void start(const Options& options, double value0, double step);

  /// The value at step(); best() then has NaN for the slope.
  SearchStatus tell(double value);
  /// The slope is kept for best(), and a trial where it is not finite is not accepted.
  SearchStatus tell(double value, double slope);

  template <class V>
  void visit(V&& v) {
    options_.visit(v);
    visit_search(v);
    visit_trial(v, "a.step", "a.value", "a.slope", a_);
    visit_trial(v, "b.step", "b.value", "b.slope", b_);
    visit_trial(v, "c.step", "c.value", "c.slope", c_);
    v("flat", flat_);
  }

 private:
  SearchStatus judge(Trial trial, bool finite);
  SearchStatus enclose(const Trial& trial);
  SearchStatus narrow();
  SearchStatus ask(double step);

  Options options_;
  Trial a_{}, b_{}, c_{};  // b has step 0 while no step is lower than the start, c while no end is known
  int flat_ = 0;           // trials in a row, each shorter, that differ from the start by a rounding error
};

}  // namespace fastopt
