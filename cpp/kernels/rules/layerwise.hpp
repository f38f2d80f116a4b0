// Rules whose steps are measured against the norm of the whole array.
#pragma once

#include "../rule.hpp"

namespace fastopt::FASTOPT_ISA {
namespace {

/// |p| / |u|; 1 where that would keep p, or u, from ever moving.
inline double trust_ratio(const double* sums, double coefficient, double eps) {
  const double p = sqrt(sums[0]), u = sqrt(sums[1]);
  return p == 0 || u == 0 ? 1 : coefficient * p / (u + eps);
}

/// LAMB: You et al. 2020, Algorithm 2, with the norm itself as phi, as optax has it.
struct Lamb : Base {
  static constexpr auto name = "lamb";
  struct Hyper {
    double lr, beta1, beta2, eps, eps_root, weight_decay;
  };
  static constexpr auto hyper = names("lr", "beta1", "beta2", "eps", "eps_root", "weight_decay");
  static constexpr auto state = slots(slot{"m"}, slot{"v"});
  static constexpr auto sums = names("p", "u");
  static constexpr Scope scope = Scope::array;
  static constexpr Decays decays = Decays::own;

  template <class T>
  struct Lane {
    Mean<T> first;
    MeanSquare<T> second;
    T eps, eps_root, weight_decay, of_m, of_v, lr;
    Lane(const Hyper& h, const Step& step)
        : first(h.beta1),
          second(h.beta2),
          eps(T(h.eps)),
          eps_root(T(h.eps_root)),
          weight_decay(T(h.weight_decay)),
          of_m(T(1 / (1 - std::pow(h.beta1, step.count)))),
          of_v(T(1 / (1 - std::pow(h.beta2, step.count)))),
          lr(step.sums == nullptr ? T(0) : T(h.lr * trust_ratio(step.sums, 1, 0))) {}
    T direction(T p, T g, T& m, T& v) const {
      m = first(m, g);
      v = second(v, g);
      return of_m * m / (sqrt(floored(of_v * v + eps_root)) + eps) + fade(weight_decay * p);
    }
    void terms(T p, T g, T m, T v, double* term) const {
      term[0] = squared(p);
      term[1] = squared(direction(p, g, m, v));
    }
    void operator()(T& p, T g, T& m, T& v) const { p = p - lr * direction(p, g, m, v); }
  };
};

/// LARS: You, Gitman & Ginsburg 2017, Algorithm 1, as optax has it.
struct Lars : Base {
  static constexpr auto name = "lars";
  struct Hyper {
    double lr, trust_coefficient, eps, momentum;
  };
  static constexpr auto hyper = names("lr", "trust_coefficient", "eps", "momentum");
  static constexpr auto options = names("nesterov");
  static constexpr auto state = slots(slot{"v"});
  static constexpr auto sums = names("p", "g");
  static constexpr Scope scope = Scope::array;

  template <class T, bool nesterov>
  struct Lane {
    T lr, rho;
    Lane(const Hyper& h, const Step& step)
        : lr(step.sums == nullptr ? T(0) : T(h.lr * trust_ratio(step.sums, h.trust_coefficient, h.eps))),
          rho(T(h.momentum)) {}
    void terms(T p, T g, T /*v*/, double* term) const {
      term[0] = squared(p);
      term[1] = squared(g);
    }
    void operator()(T& p, T g, T& v) const {
      v = fade(rho * v - lr * g);
      p = p + (nesterov ? rho * v - lr * g : v);
    }
  };
};

/// NovoGrad: Ginsburg et al. 2019, Algorithm 1: the second moment is that of the norm of the gradient.
struct NovoGrad : Base {
  static constexpr auto name = "novograd";
  struct Hyper {
    double lr, beta1, beta2, eps, eps_root, weight_decay;
  };
  static constexpr auto hyper = names("lr", "beta1", "beta2", "eps", "eps_root", "weight_decay");
  static constexpr auto state = slots(slot{"m"});
  static constexpr auto scalars = names("v");
  static constexpr auto sums = names("g");
  static constexpr Scope scope = Scope::array;
  static constexpr Decays decays = Decays::own;
  static void settle(const Hyper& h, const Step& step, double* v) {
    const double beta2 = step.count == 1 ? 0 : h.beta2;
    *v = fade_square(beta2 * *step.before + (1 - beta2) * step.sums[0]);
  }

  template <class T>
  struct Lane {
    T lr, beta1, weight_decay, norm;
    Lane(const Hyper& h, const Step& step)
        : lr(T(h.lr)),
          beta1(T(h.beta1)),
          weight_decay(T(h.weight_decay)),
          norm(floored(T(sqrt(*step.scalars + h.eps_root) + h.eps))) {}
    void terms(T /*p*/, T g, T /*m*/, double* term) const { term[0] = squared(g); }
    void operator()(T& p, T g, T& m) const {
      m = fade(beta1 * m + (g / norm + fade(weight_decay * p)));
      p = p - lr * m;
    }
  };
};

using Rules = Types<Lamb, Lars, NovoGrad>;

}  // namespace
}  // namespace fastopt::FASTOPT_ISA
