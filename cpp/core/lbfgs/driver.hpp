// A descent, step by step: the caller owns the loop and the function.
//
//     for (driver.begin(x, trial); driver.status() == Status::running; driver.tell(value, gradient)) {
//       driver.ask();                      // the trial point is ready to be evaluated
//       ...
//     }
//
// It throws for want of memory alone; "no progress" is a status.
//
//   Nocedal & Wright   here
//   x_k, f_k, g_k      point(), value(), gradient()
//   p_k                d of the model
//   alpha_k            step of the search
#pragma once

#include <algorithm>
#include <functional>
#include <limits>
#include <memory>

#include "../line_search/more_thuente.hpp"
#include "region.hpp"

namespace fastopt {

/// Why a descent ended.
enum class Status : int {
  running = -1,
  gradient = 0,     ///< max |g| <= gtol, and max |x g| is small
  decrease = 1,     ///< (f - f+) / max(|f|, |f+|) <= ftol, max |x g| is small, and the gradient has shrunk as well
  step = 2,         ///< max |x+ - x| <= xtol max(1, max |x+|), max |x g| is small, and the gradient has shrunk as well
  rounding = 3,     ///< values differ by rounding errors only
  no_progress = 4,  ///< no lower point along -H g, nor along -g
  iterations = 5,
  evaluations = 6,
  time = 7,        ///< said by the caller
  callback = 8,    ///< said by the caller
  not_finite = 9,  ///< value or gradient at the start
  // 10 is said by the caller: an exception
  unbounded = 11,  ///< the value falls without end
};

struct Limits {
  double gtol;
  bool relative;  ///< whether max |g| <= gtol is not enough, and max |x g| has to be small as well
  double ftol, xtol;
  long long iterations, evaluations;
};

class Driver {
 public:
  Driver(const Vectors& vectors, std::unique_ptr<Model> model, std::unique_ptr<Region> region, const Limits& limits,
         const MoreThuente::Options& search);

  /// Start at the point in `trial`, or go on at that in `x` if a descent was loaded. Both buffers are the caller's;
  /// they change places when a step is accepted. Before a trial point is written `vacant` is told its buffer, and says
  /// which one to use.
  void begin(void* x, void* trial, std::function<void*(void*)> vacant);

  /// Make the trial point ready.
  void ask();

  /// Whether the trial point is ready, so that `tell` may follow.
  bool asked() const { return asked_; }

  /// Value and gradient at the trial point. The gradient is copied.
  void tell(double value, const void* gradient);

  /// Once it has ended: go on from there, with what is known of the curvature, but the value and the gradient at the
  /// point taken anew, as the function may be another by now. The limits count from here.
  void reopen();

  /// End now, for a reason of the caller's, at the best point.
  void stop(Status reason);

  /// Whether the last `tell` ended an iteration.
  bool stepped() const { return stepped_; }

  Status status() const { return status_; }
  bool begun() const { return begun_; }
  const void* point() const { return x_; }
  void* trial() const { return trial_; }

  double value() const { return value_; }
  /// The gradient that has to vanish, of which `steepness` is the measure.
  const void* gradient() const { return region_->gradient(x_, g_.get()); }
  double steepness() const { return steepness_; }
  Model& model() { return *model_; }
  long long iterations() const { return iterations_; }
  long long evaluations() const { return evaluations_; }

  /// Show everything but the two points, to save or to load it.
  void visit(Archive& archive);

 private:
  void open(double value, const void* gradient);
  void end_search(SearchStatus how, Trial trial, Results change);
  void accept(const Trial& trial, const Results& change, bool sought);
  bool enough(double before, double step, bool sought);
  bool vanishes(double fall) const;
  double relative() const;
  bool settled(double part) const;
  double loose() const;
  bool fallen() const;
  bool falls_without_end(double step) const;
  void aim(double dg);
  void aim_steepest(double least = 0);
  bool aim_relative();
  void search(const Aim& aim);
  bool hidden(double change) const;
  double noise() const;
  bool flat() const { return steepness_ <= std::max(limits_.gtol, std::numeric_limits<double>::min()); }
  bool spent() const { return evaluations_ - evaluations_before_ >= limits_.evaluations; }
  void pass_by_lowest();
  void finish(Status reason);
  void move_to_trial(double value, Buffer& gradient);

  Results compare(const void* gradient, double step);
  void place(double step);
  bool lower() const { return lowest_.step > 0 && lowest_.value < value_; }

  Vectors vectors_;
  std::unique_ptr<Model> model_;
  std::unique_ptr<Region> region_;
  Limits limits_;
  MoreThuente::Options options_;
  MoreThuente search_;

  Status status_ = Status::running;
  bool begun_ = false, asked_ = false, stepped_ = false;
  int level_ = 0;  // evaluations of steps whose values differ by rounding errors only, since max |g| was least
  long long iterations_ = 0, evaluations_ = 0;
  long long iterations_before_ = 0, evaluations_before_ = 0;  // it was last opened

  void *x_ = nullptr, *trial_ = nullptr;
  std::function<void*(void*)> vacant_;
  double value_ = 0, slope_ = 0;
  double steepness_ = 0;  // max |g|, as the region sees it
  double flattest_ = 0;   // the least of them at that value
  double top_ = 0;        // the value at the start
  double high_ = 0;       // F: the value at the start, or before it last fell to less than a tenth of F
  double steep_ = 0;      // G: the greatest max |g| since then
  double longest_ = 0;    // max |d|
  double promise_ = 0;    // how much lower the first step of the search should be, by the slope
  double farthest_ = 0;   // max |x| of the trial point
  double first_ = 0;      // the first trial of the search

  // Gradients: at the point, at the last trial, and at the lowest trial of this search where that is another.
  Buffer g_, last_, other_;
  Trial lowest_{};           // step 0 if none was finite
  bool bottomless_ = false;  // whether a trial of this search was -infinity
  bool contrary_ = false;    // whether the slope was negative at the last trial that was higher: it may well be wrong
  bool lowest_is_last_ = false;
  bool doubtful_ = false;  // whether the last step hardly changed the value, where max |x g| says that it should change
  bool tried_relative_ = false;  // whether that was seen, and the direction of `aim_relative` tried, at this value

  // A trial below the point, if a search ended at a higher one: where a descent ends that finds nothing lower.
  double passed_value_ = std::numeric_limits<double>::infinity();
  Buffer passed_, passed_g_;
};

}  // namespace fastopt
