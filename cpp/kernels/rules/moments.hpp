// Variations on Adam: other means, of other things.
#pragma once

#include "../rule.hpp"

namespace fastopt::FASTOPT_ISA {
namespace {

/// AdaBelief: Zhuang et al. 2020, Algorithm 2: the second moment is that of what the first did not foresee.
struct AdaBelief : Base {
  static constexpr auto name = "adabelief";
  struct Hyper {
    double lr, beta1, beta2, eps, eps_root;
  };
  static constexpr auto hyper = names("lr", "beta1", "beta2", "eps", "eps_root");
  static constexpr auto state = slots(slot{"m"}, slot{"s"});

  template <class T>
  struct Lane {
    T beta1, rest1, beta2, rest2, eps, eps_root, lr, root;
    Square<T> square;
    Lane(const Hyper& h, const Step& step)
        : beta1(T(h.beta1)),
          rest1(T(1 - h.beta1)),
          beta2(T(h.beta2)),
          rest2(T(1 - h.beta2)),
          eps(T(h.eps)),
          eps_root(T(h.eps_root)),
          lr(T(h.lr / (1 - std::pow(h.beta1, step.count)))),
          root(T(1 / sqrt(1 - std::pow(h.beta2, step.count)))),
          square(1 - h.beta2) {}
    void operator()(T& p, T g, T& m, T& s) const {
      m = fade(beta1 * m + rest1 * g);
      s = fade_square(beta2 * s + rest2 * square(g - m)) + eps_root;
      p = p - lr * (m / (sqrt(floored(s)) * root + eps));
    }
  };
};

/// Yogi: Zaheer et al. 2018, Algorithm 2, with Adam's corrections.
struct Yogi : Base {
  static constexpr auto name = "yogi";
  struct Hyper {
    double lr, beta1, beta2, eps;
  };
  static constexpr auto hyper = names("lr", "beta1", "beta2", "eps");
  static constexpr auto state = slots(slot{"m"}, slot{"v"});

  template <class T>
  struct Lane {
    T beta1, rest1, rest2, eps, lr, root;
    Square<T> square;
    Lane(const Hyper& h, const Step& step)
        : beta1(T(h.beta1)),
          rest1(T(1 - h.beta1)),
          rest2(T(1 - h.beta2)),
          eps(T(h.eps)),
          lr(T(h.lr / (1 - std::pow(h.beta1, step.count)))),
          root(T(1 / sqrt(1 - std::pow(h.beta2, step.count)))),
          square(1 - h.beta2) {}
    void operator()(T& p, T g, T& m, T& v) const {
      m = fade(beta1 * m + rest1 * g);
      const T s = square(g);
      v = fade_square(v - rest2 * sign(v - s) * s);
      p = p - lr * (m / (sqrt(floored(v)) * root + eps));
    }
  };
};

/// Adan: Xie et al. 2022, Algorithm 1, with optax's meaning of beta2.
struct Adan : Base {
  static constexpr auto name = "adan";
  struct Hyper {
    double lr, beta1, beta2, beta3, eps, eps_root;
  };
  static constexpr auto hyper = names("lr", "beta1", "beta2", "beta3", "eps", "eps_root");
  static constexpr auto state = slots(slot{"m"}, slot{"v"}, slot{"n"}, slot{"prev"});
  static constexpr Decays decays = Decays::decoupled;

  template <class T>
  struct Lane {
    T lr, beta1, rest1, beta2, rest2, beta3, rest3, eps, eps_root, of_m, of_v, of_n;
    T later;  // 0 at the first step, which knows of no gradient before
    Square<T> square;
    Lane(const Hyper& h, const Step& step)
        : lr(T(h.lr)),
          beta1(T(h.beta1)),
          rest1(T(1 - h.beta1)),
          beta2(T(h.beta2)),
          rest2(T(1 - h.beta2)),
          beta3(T(h.beta3)),
          rest3(T(1 - h.beta3)),
          eps(T(h.eps)),
          eps_root(T(h.eps_root)),
          of_m(T(1 / (1 - std::pow(h.beta1, step.count)))),
          of_v(T((1 - h.beta2) / (1 - std::pow(h.beta2, step.count)))),
          of_n(T(1 / (1 - std::pow(h.beta3, step.count)))),
          later(T(step.count == 1 ? 0 : 1)),
          square(1 - h.beta3) {}
    void operator()(T& p, T g, T& m, T& v, T& n, T& prev) const {
      const T d = later == T(0) ? T(0) : g - prev;
      prev = g;
      m = fade(beta1 * m + rest1 * g);
      v = fade(beta2 * v + rest2 * d);
      n = fade_square(beta3 * n + rest3 * square(g + rest2 * d));
      p = p - lr * ((of_m * m + of_v * v) / (sqrt(floored(of_n * n + eps_root)) + eps));
    }
  };
};

/// AdEMAMix: Pagliardini et al. 2024, Algorithm 1.
struct AdEMAMix : Base {
  static constexpr auto name = "ademamix";
  struct Hyper {
    double lr, beta1, beta2, beta3, alpha, eps, eps_root;
  };
  static constexpr auto hyper = names("lr", "beta1", "beta2", "beta3", "alpha", "eps", "eps_root");
  static constexpr auto state = slots(slot{"m"}, slot{"slow"}, slot{"v"});
  static constexpr Decays decays = Decays::decoupled;

  template <class T>
  struct Lane {
    T lr, beta1, rest1, beta2, rest2, beta3, rest3, alpha, eps, eps_root, of_m, of_v;
    Square<T> square;
    Lane(const Hyper& h, const Step& step)
        : lr(T(h.lr)),
          beta1(T(h.beta1)),
          rest1(T(1 - h.beta1)),
          beta2(T(h.beta2)),
          rest2(T(1 - h.beta2)),
          beta3(T(h.beta3)),
          rest3(T(1 - h.beta3)),
          alpha(T(h.alpha)),
          eps(T(h.eps)),
          eps_root(T(h.eps_root)),
          of_m(T(1 / (1 - std::pow(h.beta1, step.count)))),
          of_v(T(1 / (1 - std::pow(h.beta2, step.count)))),
          square(1 - h.beta2) {}
    void operator()(T& p, T g, T& m, T& slow, T& v) const {
      m = fade(beta1 * m + rest1 * g);
      slow = fade(beta3 * slow + rest3 * g);
      v = fade_square(beta2 * v + rest2 * square(g));
      p = p - lr * ((of_m * m + alpha * slow) / (sqrt(floored(of_v * v + eps_root)) + eps));
    }
  };
};

/// ADOPT: Taniguchi et al. 2024, Algorithm 2: the second moment is that before this gradient.
struct Adopt : Base {
  static constexpr auto name = "adopt";
  struct Hyper {
    double lr, beta1, beta2, eps, use_clipping;
  };
  static constexpr auto hyper = names("lr", "beta1", "beta2", "eps");
  static constexpr auto options = names("nesterov");
  static constexpr auto flags = names("use_clipping");
  static constexpr auto state = slots(slot{"m"}, slot{"v"});

  template <class T, bool nesterov>
  struct Lane {
    T lr, beta1, rest1, beta2, rest2, eps, most;  // 0 at the first step, which takes the second moment only
    Square<T> square;
    Lane(const Hyper& h, const Step& step)
        : lr(T(h.lr)),
          beta1(T(h.beta1)),
          rest1(T(1 - h.beta1)),
          beta2(T(step.count == 1 ? 0 : h.beta2)),
          rest2(T(step.count == 1 ? 1 : 1 - h.beta2)),
          eps(T(h.eps)),
          most(T(step.count == 1 || h.use_clipping != 0 ? std::pow(step.count - 1, 0.25) : HUGE_VAL)),
          square(step.count == 1 ? 1 : 1 - h.beta2) {}
    void operator()(T& p, T g, T& m, T& v) const {
      const T root = sqrt(floored(v));
      const T x = clipped(g / (root < eps ? eps : root), -most, most);
      m = fade(beta1 * m + rest1 * x);
      v = fade_square(beta2 * v + rest2 * square(g));
      p = p - lr * (nesterov ? beta1 * m + rest1 * x : m);
    }
  };
};

using Rules = Types<AdaBelief, Yogi, Adan, AdEMAMix, Adopt>;

}  // namespace
}  // namespace fastopt::FASTOPT_ISA
