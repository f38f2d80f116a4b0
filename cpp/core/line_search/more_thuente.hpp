// The line search of More and Thuente, as in MINPACK-2 (dcsrch, dcstep).
//
// J.J. More, D.J. Thuente: Line search algorithms with guaranteed sufficient decrease. ACM TOMS 20 (1994), 286-307.
#pragma once

#include "search.hpp"

namespace fastopt {

/// Finds a step with the strong Wolfe conditions:
///     phi(a) <= phi(0) + c1 a phi'(0)        sufficient decrease
///     |phi'(a)| <= c2 |phi'(0)|              curvature
/// for 0 < c1 <= c2 < 1.
class MoreThuente : public LineSearch {
 public:
  struct Options {
    double c1 = 1e-4, c2 = 0.9;
    double xtol = 1e-15;  ///< an interval shorter than this times its upper end is a point
    double min_step = 0, max_step = 1e20;
    int max_evaluations = 30;
    double rounding = value_error;  ///< relative error of the values; for `flat`

    template <class V>
    void visit(V&& v) {
      v("c1", c1), v("c2", c2), v("xtol", xtol), v("min_step", min_step), v("max_step", max_step);
      v("max_evaluations", max_evaluations), v("rounding", rounding);
    }
  };

  MoreThuente() = default;
  void start(const Options& options, double value0, double slope0, double step);

  /// Value and slope at step().
  SearchStatus tell(double value, double slope);

  /// Whether the value has been seen to turn.
  bool bracketed() const { return bracketed_ != 0; }

  template <class V>
  void visit(V&& v) {
    options_.visit(v);
    visit_search(v);
    visit_trial(v, "x.step", "x.value", "x.slope", x_);
    visit_trial(v, "y.step", "y.value", "y.slope", y_);
    v("low", low_), v("high", high_), v("wall", wall_);
    v("width", width_), v("last_width", last_width_);
    v("bracketed", bracketed_), v("stage", stage_);
  }

 private:
  SearchStatus end_narrow();
  SearchStatus next(double step);
  bool is_point() const;
  double safeguarded(double step) const;

  Options options_;
  Trial x_{}, y_{};                    // the best end of the interval, and the other; both 0 at first
  double low_ = 0, high_ = 0;          // where the next trial may lie; once bracketed, the interval
  double wall_ = 0;                    // a step that is not finite, next to x; 0 if none is known
  double width_ = 0, last_width_ = 0;  // of the interval, now and before
  int bracketed_ = 0, stage_ = 1;      // stage 1 looks for a minimum of psi(a) = phi(a) - phi(0) - c1 a phi'(0)
};

}  // namespace fastopt
