// Adam and its kin.
#pragma once

#include "../rule.hpp"

namespace fastopt::FASTOPT_ISA {
namespace {

/// Adam: Kingma & Ba 2015, Algorithm 1; amsgrad: Reddi, Kale & Kumar 2018, Algorithm 2, as torch has it.
struct Adam : Base {
  static constexpr auto name = "adam";
  struct Hyper {
    double lr, beta1, beta2, eps, bias_correction, eps_hat, corrected_maximum;
    /// What m and v are divided by, for their start at zero.
    double of_m(double count) const { return bias_correction != 0 ? 1 - std::pow(beta1, count) : 1; }
    double of_v(double count) const { return bias_correction != 0 ? 1 - std::pow(beta2, count) : 1; }
  };
  static constexpr auto hyper = names("lr", "beta1", "beta2", "eps");
  static constexpr auto options = names("amsgrad");
  static constexpr auto flags = names("bias_correction", "eps_hat", "corrected_maximum");
  static constexpr auto state = slots(slot{"m"}, slot{"v"}, slot{"vmax", "amsgrad"});

  template <class T, bool amsgrad>
  struct Lane {
    // The corrections are in constants: sqrt(v / (1 - beta2^t)) = sqrt(v) * root, so there is one division an element.
    // With eps_hat that of v is in lr, and in a maximum of corrected moments it is there already.
    Mean<T> first;
    MeanSquare<T> second;
    T eps, lr, root, raise;
    Lane(const Hyper& h, const Step& step)
        : first(h.beta1),
          second(h.beta2),
          eps(T(h.eps)),
          lr(T(h.lr / h.of_m(step.count))),
          root(T(1 / sqrt(h.of_v(step.count)))),
          raise(T(1)) {
      if (amsgrad && h.corrected_maximum != 0) {
        root = T(1);
        raise = T(1 / h.of_v(step.count));
      } else if (h.eps_hat != 0) {
        root = T(1);
        lr = T(h.lr / h.of_m(step.count) * sqrt(h.of_v(step.count)));
      }
    }
    void operator()(T& p, T g, T& m, T& v, T& vmax) const {
      m = first(m, g);
      v = second(v, g);
      if constexpr (amsgrad) vmax = maximum(vmax, raise * v);
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

/// Adamax: Kingma & Ba 2015, Algorithm 2, with eps inside the maximum as torch has it, or outside as Keras does.
struct Adamax : Base {
  static constexpr auto name = "adamax";
  struct Hyper {
    double lr, beta1, beta2, eps, eps_outside;
  };
  static constexpr auto hyper = names("lr", "beta1", "beta2", "eps");
  static constexpr auto flags = names("eps_outside");
  static constexpr auto state = slots(slot{"m"}, slot{"u"});

  template <class T>
  struct Lane {
    Mean<T> first;
    T beta2, inside, outside, lr;
    Lane(const Hyper& h, const Step& step)
        : first(h.beta1),
          beta2(T(h.beta2)),
          inside(T(h.eps_outside != 0 ? 0 : h.eps)),
          outside(T(h.eps_outside != 0 ? h.eps : 0)),
          lr(T(h.lr / (1 - std::pow(h.beta1, step.count)))) {}
    void operator()(T& p, T g, T& m, T& u) const {
      m = first(m, g);
      u = fade_square(maximum(beta2 * u, absolute(g) + inside));
      p = p - lr * (m / (floored(u) + outside));
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
    Mean<T> first;
    MeanSquare<T> second;
    T eps, root, of_g, of_m;
    Lane(const Hyper& h, const Step& step)
        : first(h.beta1),
          second(h.beta2),
          eps(T(h.eps)),
          root(T(1 / sqrt(1 - std::pow(h.beta2, step.count)))),
          of_g(T(h.lr * (1 - h.mu(step.count)) / (1 - *step.scalars))),
          of_m(T(h.lr * h.mu(step.count + 1) / (1 - *step.scalars * h.mu(step.count + 1)))) {}
    void operator()(T& p, T g, T& m, T& v) const {
      m = first(m, g);
      v = second(v, g);
      p = p - (of_g * g + of_m * m) / (sqrt(floored(v)) * root + eps);
    }
  };
};

/// RAdam: Liu et al. 2020, Algorithm 2, eps beside the uncorrected root as torch has it, or beside the corrected one.
struct RAdam : Base {
  static constexpr auto name = "radam";
  struct Hyper {
    double lr, beta1, beta2, eps, eps_hat;
  };
  static constexpr auto hyper = names("lr", "beta1", "beta2", "eps");
  static constexpr auto flags = names("eps_hat");
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
    Mean<T> first;
    MeanSquare<T> second;
    T eps, lr, root;
    bool rectified;
    Lane(const Hyper& h, const Step& step)
        : first(h.beta1),
          second(h.beta2),
          eps(T(h.eps)),
          root(T(1)),
          rectified(rectification(h.beta2, step.count) != 0) {
      const double rate = h.lr / (1 - std::pow(h.beta1, step.count)), corrected = 1 - std::pow(h.beta2, step.count);
      lr = T(rectified ? rate * rectification(h.beta2, step.count) : rate);
      if (rectified && h.eps_hat == 0) {
        lr = T(rate * rectification(h.beta2, step.count) / sqrt(corrected));
        root = T(1 / sqrt(corrected));
      }
    }
    void operator()(T& p, T g, T& m, T& v) const {
      m = first(m, g);
      v = second(v, g);
      p = p - lr * (m / (rectified ? sqrt(floored(v)) * root + eps : T(1)));
    }
  };
};

using Rules = Types<Adam, AdamW, Adamax, NAdam, RAdam>;

}  // namespace
}  // namespace fastopt::FASTOPT_ISA
