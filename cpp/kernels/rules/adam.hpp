// Adam and its kin.
#pragma once

#include "../rule.hpp"

namespace fastopt::FASTOPT_ISA {
namespace {

/// Adam: Kingma & Ba 2015, Algorithm 1; amsgrad: Reddi, Kale & Kumar 2018, Algorithm 2, as torch has it.
struct Adam : Base {
  static constexpr auto name = "adam";
  struct Hyper {
    double lr, beta1, beta2, eps, bias_correction;
  };
  static constexpr auto hyper = names("lr", "beta1", "beta2", "eps");
  static constexpr auto options = names("amsgrad");
  static constexpr auto flags = names("bias_correction");
  static constexpr auto state = slots(slot{"m"}, slot{"v"}, slot{"vmax", "amsgrad"});

  template <class T, bool amsgrad>
  struct Lane {
    T beta1, rest1, beta2, rest2, eps, lr, root;  // sqrt(v / (1 - beta2^t)) = sqrt(v) * root: one division an element
    Square<T> square;
    Lane(const Hyper& h, const Step& step)
        : beta1(T(h.beta1)),
          rest1(T(1 - h.beta1)),
          beta2(T(h.beta2)),
          rest2(T(1 - h.beta2)),
          eps(T(h.eps)),
          lr(T(h.bias_correction != 0 ? h.lr / (1 - std::pow(h.beta1, step.count)) : h.lr)),
          root(T(h.bias_correction != 0 ? 1 / sqrt(1 - std::pow(h.beta2, step.count)) : 1)),
          square(1 - h.beta2) {}
    void operator()(T& p, T g, T& m, T& v, T& vmax) const {
      m = fade(beta1 * m + rest1 * g);
      v = fade_square(beta2 * v + rest2 * square(g));
      if constexpr (amsgrad) vmax = maximum(vmax, v);
      p = p - lr * (m / (sqrt(floored(amsgrad ? vmax : v)) * root + eps));  // lr holds the correction of m
    }
  };
};

/// AdamW: Loshchilov & Hutter 2019, Algorithm 2, the decay scaled by lr as torch has it.
struct AdamW : Adam {
  static constexpr auto name = "adamw";
  using formula = Adam;
  static constexpr Decays decays = Decays::decoupled;
};

/// Adamax: Kingma & Ba 2015, Algorithm 2, with eps inside the maximum as torch has it.
struct Adamax : Base {
  static constexpr auto name = "adamax";
  struct Hyper {
    double lr, beta1, beta2, eps;
  };
  static constexpr auto hyper = names("lr", "beta1", "beta2", "eps");
  static constexpr auto state = slots(slot{"m"}, slot{"u"});

  template <class T>
  struct Lane {
    T beta1, rest1, beta2, eps, lr;
    Lane(const Hyper& h, const Step& step)
        : beta1(T(h.beta1)),
          rest1(T(1 - h.beta1)),
          beta2(T(h.beta2)),
          eps(T(h.eps)),
          lr(T(h.lr / (1 - std::pow(h.beta1, step.count)))) {}
    void operator()(T& p, T g, T& m, T& u) const {
      m = fade(beta1 * m + rest1 * g);
      u = fade_square(maximum(beta2 * u, absolute(g) + eps));
      p = p - lr * (m / floored(u));
    }
  };
};

/// NAdam: Dozat 2016, with the schedule of momenta as torch has it; mu_product is the product of those so far.
struct NAdam : Base {
  static constexpr auto name = "nadam";
  struct Hyper {
    double lr, beta1, beta2, eps, momentum_decay;
    double mu(double count) const { return beta1 * (1 - 0.5 * std::pow(0.96, count * momentum_decay)); }
  };
  static constexpr auto hyper = names("lr", "beta1", "beta2", "eps", "momentum_decay");
  static constexpr auto state = slots(slot{"m"}, slot{"v"});
  static constexpr auto scalars = names("mu_product");
  static void settle(const Hyper& h, const Step& step, double* mu_product) {
    *mu_product = fade_square(*step.before * h.mu(step.count));
  }

  template <class T>
  struct Lane {
    T beta1, rest1, beta2, rest2, eps, root, of_g, of_m;
    Square<T> square;
    Lane(const Hyper& h, const Step& step)
        : beta1(T(h.beta1)),
          rest1(T(1 - h.beta1)),
          beta2(T(h.beta2)),
          rest2(T(1 - h.beta2)),
          eps(T(h.eps)),
          root(T(1 / sqrt(1 - std::pow(h.beta2, step.count)))),
          of_g(T(h.lr * (1 - h.mu(step.count)) / (1 - *step.scalars))),
          of_m(T(h.lr * h.mu(step.count + 1) / (1 - *step.scalars * h.mu(step.count + 1)))),
          square(1 - h.beta2) {}
    void operator()(T& p, T g, T& m, T& v) const {
      m = fade(beta1 * m + rest1 * g);
      v = fade_square(beta2 * v + rest2 * square(g));
      p = p - (of_g * g + of_m * m) / (sqrt(floored(v)) * root + eps);
    }
  };
};

/// RAdam: Liu et al. 2020, Algorithm 2, eps outside the uncorrected root as torch has it.
struct RAdam : Base {
  static constexpr auto name = "radam";
  struct Hyper {
    double lr, beta1, beta2, eps;
  };
  static constexpr auto hyper = names("lr", "beta1", "beta2", "eps");
  static constexpr auto state = slots(slot{"m"}, slot{"v"});

  /// What the step along m is multiplied with where the variance of v is known to be small enough; else 0.
  static double rectification(double beta2, double count) {
    const double power = std::pow(beta2, count), rest = 1 - power;
    const double most = 2 / (1 - beta2) - 1, length = most - 2 * count * power / rest;
    if (!(length > 5)) return 0;
    return sqrt(rest * ((length - 4) * (length - 2) * most / ((most - 4) * (most - 2) * length)));
  }

  template <class T>
  struct Lane {
    T beta1, rest1, beta2, rest2, eps, lr;
    bool rectified;
    Square<T> square;
    Lane(const Hyper& h, const Step& step)
        : beta1(T(h.beta1)),
          rest1(T(1 - h.beta1)),
          beta2(T(h.beta2)),
          rest2(T(1 - h.beta2)),
          eps(T(h.eps)),
          rectified(rectification(h.beta2, step.count) != 0),
          square(1 - h.beta2) {
      const double rate = h.lr / (1 - std::pow(h.beta1, step.count));
      lr = T(rectified ? rate * rectification(h.beta2, step.count) : rate);
    }
    void operator()(T& p, T g, T& m, T& v) const {
      m = fade(beta1 * m + rest1 * g);
      v = fade_square(beta2 * v + rest2 * square(g));
      p = p - lr * (m / (rectified ? sqrt(floored(v)) + eps : T(1)));
    }
  };
};

using Rules = Types<Adam, AdamW, Adamax, NAdam, RAdam>;

}  // namespace
}  // namespace fastopt::FASTOPT_ISA
