#pragma once

#include "../rule.hpp"

namespace fastopt::FASTOPT_ISA {
namespace {

/// RMSprop: Tieleman & Hinton 2012, lecture 6.5; centered: Graves 2013, eqs. 38-41.
struct RMSprop : Base {
  static constexpr auto name = "rmsprop";
  struct Hyper {
    double lr, alpha, eps, momentum, eps_inside, lr_inside;
  };
  static constexpr auto hyper = names("lr", "alpha", "eps", "momentum");
  static constexpr auto options = names("centered", "momentum");
  static constexpr auto flags = names("eps_inside", "lr_inside");
  static constexpr auto state = slots(slot{"v"}, slot{"m", "centered"}, slot{"b", "momentum"});

  template <class T, bool centered, bool with_momentum>
  struct Lane {
    T lr, rho, feed;  // feed: the learning rate, where it is inside the momentum
    Root<T> root;
    Mean<T> first;
    MeanSquare<T> second;
    Lane(const Hyper& h, const Step& /*step*/)
        : lr(T(with_momentum && h.lr_inside != 0 ? 1 : h.lr)),
          rho(T(h.momentum)),
          feed(T(h.lr_inside != 0 ? h.lr : 1)),
          root(h.eps, h.eps_inside != 0),
          first(h.alpha),
          second(h.alpha) {}
    void operator()(T& p, T g, T& v, T& m, T& b) const {
      v = second(v, g);
      T variance = v;
      if constexpr (centered) {
        m = first(m, g);
        variance = maximum(v - second.square(m), T(0));  // rounding can take the difference below zero
      }
      T d = g / root(variance);
      if constexpr (with_momentum) d = b = fade(rho * b + feed * d);
      p = p - lr * d;
    }
  };
};

using Rules = Types<RMSprop>;

}  // namespace
}  // namespace fastopt::FASTOPT_ISA
