// A rule bound once to the arrays it updates, so that a step has little left to do but the work.
//
// Everything is judged before the first byte is written: a call that is refused changes nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "../arrays/bound.hpp"
#include "../arrays/written.hpp"
#include "work.hpp"

namespace fastopt {

/// Why a call is refused, if there is a flaw.
struct Refusal {
  Flaw flaw = Flaw::none;
  std::size_t array = 0;  // whose flaw it is, and
  std::size_t other = 0;  // which bound array it overlaps

  explicit operator bool() const { return flaw != Flaw::none; }
};

/// Bound arrays are counted: first the parameters, then for each of them the state arrays of the slots that it has.
class Plan {
 public:
  Plan(const Formula& formula, std::size_t params);
  Plan(const Plan&) = delete;
  Plan& operator=(const Plan&) = delete;

  std::size_t params() const { return params_; }
  std::size_t arrays() const { return params_ + places_.size(); }

  /// Whose state a state array is.
  struct Place {
    std::size_t param;
    int slot;
  };
  Place place(std::size_t array) const { return places_[array - params_]; }

  /// Bind all arrays, once. Of two that overlap, `array` comes first in memory.
  [[nodiscard]] Refusal bind(const std::vector<View>& arrays);

  /// What is wrong with a bound array by now.
  [[nodiscard]] Flaw flaw_of(std::size_t array, const View& now) const { return bound_[array].flaw_of(now); }

  /// Take the gradient of a parameter for the next step. It has to stay where it is until that has been taken.
  [[nodiscard]] Refusal take_gradient(std::size_t param, const View& g);

  /// Judge an array that the state may be loaded from, for `load`.
  [[nodiscard]] Refusal judge(std::size_t array, const View& from) const;
  void load(std::size_t array, const View& from) const { copy(from, bound(array)); }

  /// The numbers that the rule keeps beside the arrays.
  std::size_t scalars() const;

  /// Whether a step is worth giving up a lock for.
  bool large() const;

  /// Take a step with the gradients taken, and count it. Returns the number of parameters; or, if gradients are to be
  /// finite, the first whose gradient is not, and nothing has changed.
  std::size_t step(const Hyper& hyper, std::int64_t& count, double* scalars, bool check_finite) const;

 private:
  const Rule& rule() const;
  View bound(std::size_t array) const { return bound_[array].view(); }

  Formula formula_;
  std::size_t params_;
  std::vector<Bound> bound_;
  std::vector<Place> places_;
  Written written_;
  std::vector<Order> orders_;                      // of the indices, for each parameter, where the rule asks
  std::vector<std::unique_ptr<Foreign>> foreign_;  // of each gradient, where it once was foreign
  Work work_;
};

}  // namespace fastopt
