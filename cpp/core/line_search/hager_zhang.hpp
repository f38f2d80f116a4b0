// The line search of CG_DESCENT.
//
// W.W. Hager, H. Zhang: A new conjugate gradient method with guaranteed descent and an efficient line search.
// SIAM J. Optim. 16 (2005), 170-192, section 4. The names of its steps (B0-B3, U0-U3, S1-S4, L0-L3) are used here.
#pragma once

#include "search.hpp"

namespace fastopt {

/// Finds a step with the Wolfe conditions
///     phi(a) <= phi(0) + c1 a phi'(0)  and  phi'(a) >= c2 phi'(0)
/// or the approximate ones, which bear rounding errors of the values:
///     phi(a) <= phi(0) + epsilon |phi(0)|  and  (2 c1 - 1) phi'(0) >= phi'(a) >= c2 phi'(0)
/// for 0 < c1 < 1/2, c1 <= c2 < 1. The interval [a, b] has phi'(a) < 0, phi(a) <= phi(0) + epsilon |phi(0)| and
/// phi'(b) >= 0.
class HagerZhang : public LineSearch {
 public:
  struct Options {
    double c1 = 0.1, c2 = 0.9;
    double epsilon = 1e-6;
    double theta = 0.5;   ///< where U3 divides an interval
    double gamma = 0.66;  ///< two secant steps that shrink the interval by less are followed by a bisection
    double rho = 5;       ///< how much longer the next step of the expansion is
    double xtol = 1e-15;  ///< an interval shorter than this times its upper end is a point
    double max_step = 1e20;
    int max_evaluations = 50;

    template <class V>
    void visit(V&& v) {
      v("c1", c1), v("c2", c2), v("epsilon", epsilon), v("theta", theta), v("gamma", gamma), v("rho", rho);
      v("xtol", xtol), v("max_step", max_step), v("max_evaluations", max_evaluations);
    }
  };

  HagerZhang() = default;
  void start(const Options& options, double value0, double slope0, double step);

  /// Value and slope at step().
  SearchStatus tell(double value, double slope);

  template <class V>
  void visit(V&& v) {
    options_.visit(v);
    visit_search(v);
    visit_trial(v, "a.step", "a.value", "a.slope", a_);
    visit_trial(v, "b.step", "b.value", "b.slope", b_);
    v("width", width_), v("wall", wall_), v("phase", phase_), v("after", after_);
  }

 private:
  enum Phase : int { expanding, first_secant, second_secant, halving, dividing };

  double limit() const { return start_.value + options_.epsilon * std::abs(start_.value); }
  bool inside(double step) const { return step > a_.step && step < b_.step; }
  SearchStatus ask(double step, Phase phase);
  SearchStatus expand(const Trial& c);
  SearchStatus update(const Trial& c);
  SearchStatus divide();
  SearchStatus secants();
  SearchStatus check_width();
  SearchStatus go_on(Phase done);

  Options options_;
  Trial a_{}, b_{};   // the interval; while expanding a is the longest step that is low and falls
  double width_ = 0;  // of the interval before the two secant steps
  double wall_ = 0;   // the last step that was not finite, 0 if none
  int phase_ = expanding, after_ = expanding;  // what step() is; while dividing, what began it
};

}  // namespace fastopt
