#pragma once

#include "../rule.hpp"

namespace fastopt::FASTOPT_ISA {
namespace {

/// Adagrad: Duchi, Hazan & Singer 2011, section 1.3 (diagonal); lr_decay as torch has it.
struct Adagrad : Base {
  static constexpr auto name = "adagrad";
  struct Hyper {
    double lr, lr_decay, eps;
  };
  static constexpr auto hyper = names("lr", "lr_decay", "eps");
  static constexpr auto options = names("eps_inside");
  static constexpr auto state = slots(slot{"v"});

  template <class T, bool eps_inside>
  struct Lane {
    T lr, eps;
    Square<T> square{1};
    Lane(const Hyper& h, double step) : lr(T(h.lr / (1 + (step - 1) * h.lr_decay))), eps(T(h.eps)) {}
    void operator()(T& p, T g, T& v) const {
      v = v + square(g);
      p = p - lr * (g / (eps_inside ? sqrt(floored(v + eps)) : sqrt(floored(v)) + eps));
    }
  };
};

}  // namespace
}  // namespace fastopt::FASTOPT_ISA
