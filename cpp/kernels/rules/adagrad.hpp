// Adagrad and what came of it.
#pragma once

#include "../rule.hpp"

namespace fastopt::FASTOPT_ISA {
namespace {

/// Adagrad: Duchi, Hazan & Singer 2011, section 1.3 (diagonal); lr_decay as torch has it.
struct Adagrad : Base {
  static constexpr auto name = "adagrad";
  struct Hyper {
    double lr, lr_decay, eps, eps_inside;
  };
  static constexpr auto hyper = names("lr", "lr_decay", "eps");
  static constexpr auto flags = names("eps_inside");
  static constexpr auto state = slots(slot{"v"});

  template <class T>
  struct Lane {
    T lr;
    Root<T> root;
    Square<T> square{1};
    Lane(const Hyper& h, const Step& step)
        : lr(T(h.lr / (1 + (step.count - 1) * h.lr_decay))), root(h.eps, h.eps_inside != 0) {}
    void operator()(T& p, T g, T& v) const {
      v = v + square(g);
      p = p - lr * (g / root(v));
    }
  };
};

/// Adadelta: Zeiler 2012, Algorithm 1, with a learning rate as torch has it.
struct Adadelta : Base {
  static constexpr auto name = "adadelta";
  struct Hyper {
    double lr, rho, eps;
  };
  static constexpr auto hyper = names("lr", "rho", "eps");
  static constexpr auto state = slots(slot{"v"}, slot{"u"});

  template <class T>
  struct Lane {
    T lr, eps;
    MeanSquare<T> mean;
    Lane(const Hyper& h, const Step& /*step*/) : lr(T(h.lr)), eps(T(h.eps)), mean(h.rho) {}
    void operator()(T& p, T g, T& v, T& u) const {
      v = mean(v, g);
      const T d = sqrt(u + eps) / sqrt(floored(v + eps)) * g;
      u = mean(u, d);
      p = p - lr * d;
    }
  };
};

using Rules = Types<Adagrad, Adadelta>;

}  // namespace
}  // namespace fastopt::FASTOPT_ISA
