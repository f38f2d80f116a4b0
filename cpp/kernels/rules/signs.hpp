// Rules that follow the signs of gradients.
#pragma once

#include "../rule.hpp"

namespace fastopt::FASTOPT_ISA {
namespace {

/// Rprop: Riedmiller & Braun 1993, in the form iRprop- of Igel & Huesken 2000, as torch has it.
struct Rprop : Base {
  static constexpr auto name = "rprop";
  struct Hyper {
    double etaminus, etaplus, step_size_min, step_size_max;
  };
  static constexpr auto hyper = names("etaminus", "etaplus", "step_size_min", "step_size_max");
  static constexpr auto state = slots(slot{"prev"}, slot{"step_size"});
  static constexpr Decays decays = Decays::own;  // none

  template <class T>
  struct Lane {
    T etaminus, etaplus, least, most;
    Lane(const Hyper& h, const Step& /*step*/)
        : etaminus(T(h.etaminus)), etaplus(T(h.etaplus)), least(T(h.step_size_min)), most(T(h.step_size_max)) {}
    void operator()(T& p, T g, T& prev, T& step_size) const {
      const T now = sign(g);
      const T turn = sign(prev) * now;  // of the signs: the gradients' own product may be 0 where neither is
      const T up = step_size * etaplus, down = step_size * etaminus;
      step_size = clipped(turn > 0 ? up : turn < 0 ? down : step_size, least, most);
      prev = turn < 0 ? T(0) : g;  // after a turn it stays for one step
      p = p - (turn < 0 ? T(0) : now) * step_size;
    }
  };
};

/// Lion: Chen et al. 2023, Program 1.
struct Lion : Base {
  static constexpr auto name = "lion";
  struct Hyper {
    double lr, beta1, beta2;
  };
  static constexpr auto hyper = names("lr", "beta1", "beta2");
  static constexpr auto state = slots(slot{"m"});
  static constexpr Decays decays = Decays::decoupled;

  template <class T>
  struct Lane {
    T lr;
    Mean<T> ahead, mean;
    Lane(const Hyper& h, const Step& /*step*/) : lr(T(h.lr)), ahead(h.beta1), mean(h.beta2) {}
    void operator()(T& p, T g, T& m) const {
      p = p - lr * sign(ahead.mixed(m, g));
      m = mean(m, g);
    }
  };
};

using Rules = Types<Rprop, Lion>;

}  // namespace
}  // namespace fastopt::FASTOPT_ISA
