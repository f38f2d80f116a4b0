#pragma once

#include "../rule.hpp"

namespace fastopt::FASTOPT_ISA {
namespace {

/// RMSprop: Tieleman & Hinton 2012, lecture 6.5; centered: Graves 2013, eqs. 38-41.
struct RMSprop : Base {
  static constexpr auto name = "rmsprop";
  struct Hyper {
    double lr, alpha, eps, momentum;
  };
  static constexpr auto hyper = names("lr", "alpha", "eps", "momentum");
  static constexpr auto options = names("centered", "momentum", "eps_inside");
  static constexpr auto state = slots(slot{"v"}, slot{"m", "centered"}, slot{"b", "momentum"});

  template <class T, bool centered, bool with_momentum, bool eps_inside>
  struct Lane {
    T lr, alpha, rest, eps, rho;
    Square<T> square;
    Lane(const Hyper& h, double /*step*/)
        : lr(T(h.lr)),
          alpha(T(h.alpha)),
          rest(T(1 - h.alpha)),
          eps(T(h.eps)),
          rho(T(h.momentum)),
          square(1 - h.alpha) {}
    void operator()(T& p, T g, T& v, T& m, T& b) const {
      v = fade_square(alpha * v + rest * square(g));
      T variance = v;
      if constexpr (centered) {
        m = fade(alpha * m + rest * g);
        variance = maximum(v - square(m), T(0));  // rounding can take the difference below zero
      }
      T d = g / (eps_inside ? sqrt(floored(variance + eps)) : sqrt(floored(variance)) + eps);
      if constexpr (with_momentum) d = b = fade(rho * b + d);
      p = p - lr * d;
    }
  };
};

}  // namespace
}  // namespace fastopt::FASTOPT_ISA
