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
    Mean<T> first;
    MeanSquare<T> second;
    T eps, eps_root, lr, root;
    Lane(const Hyper& h, const Step& step)
        : first(h.beta1),
          second(h.beta2),
          eps(T(h.eps)),
          eps_root(T(h.eps_root)),
          lr(T(h.lr / (1 - std::pow(h.beta1, step.count)))),
          root(T(1 / sqrt(1 - std::pow(h.beta2, step.count)))) {}
    void operator()(T& p, T g, T& m, T& s) const {
      m = first(m, g);
      s = second(s, g - m) + eps_root;
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
    Mean<T> first;
    T rest2, eps, lr, root;
    Square<T> square;
    Lane(const Hyper& h, const Step& step)
        : first(h.beta1),
          rest2(T(1 - h.beta2)),
          eps(T(h.eps)),
          lr(T(h.lr / (1 - std::pow(h.beta1, step.count)))),
          root(T(1 / sqrt(1 - std::pow(h.beta2, step.count)))),
          square(1 - h.beta2) {}
    void operator()(T& p, T g, T& m, T& v) const {
      m = first(m, g);
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
    Mean<T> first, change;
    MeanSquare<T> second;
    T lr, eps, eps_root, of_m, of_v, of_n;
    T later;  // 0 at the first step, which knows of no gradient before
    Lane(const Hyper& h, const Step& step)
        : first(h.beta1),
          change(h.beta2),
          second(h.beta3),
          lr(T(h.lr)),
          eps(T(h.eps)),
          eps_root(T(h.eps_root)),
          of_m(T(1 / (1 - std::pow(h.beta1, step.count)))),
          of_v(T((1 - h.beta2) / (1 - std::pow(h.beta2, step.count)))),
          of_n(T(1 / (1 - std::pow(h.beta3, step.count)))),
          later(T(step.count == 1 ? 0 : 1)) {}
    void operator()(T& p, T g, T& m, T& v, T& n, T& prev) const {
      const T d = later == T(0) ? T(0) : g - prev;
      prev = g;
      m = first(m, g);
      v = change(v, d);
      n = second(n, g + change.comes * d);
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
    Mean<T> fast, slowly;
    MeanSquare<T> second;
    T lr, alpha, eps, eps_root, of_m, of_v;
    Lane(const Hyper& h, const Step& step)
        : fast(h.beta1),
          slowly(h.beta3),
          second(h.beta2),
          lr(T(h.lr)),
          alpha(T(h.alpha)),
          eps(T(h.eps)),
          eps_root(T(h.eps_root)),
          of_m(T(1 / (1 - std::pow(h.beta1, step.count)))),
          of_v(T(1 / (1 - std::pow(h.beta2, step.count)))) {}
    void operator()(T& p, T g, T& m, T& slow, T& v) const {
      m = fast(m, g);
      slow = slowly(slow, g);
      v = second(v, g);
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
    Mean<T> first;
    MeanSquare<T> second;
    T lr, eps, most;  // 0 at the first step, which takes the second moment only
    Lane(const Hyper& h, const Step& step)
        : first(h.beta1),
          second(step.count == 1 ? 0 : h.beta2),
          lr(T(h.lr)),
          eps(T(h.eps)),
          most(T(step.count == 1 || h.use_clipping != 0 ? std::pow(step.count - 1, 0.25) : HUGE_VAL)) {}
    void operator()(T& p, T g, T& m, T& v) const {
      const T root = sqrt(floored(v));
      const T x = clipped(g / (root < eps ? eps : root), -most, most);
      m = first(m, x);
      v = second(v, g);
      p = p - lr * (nesterov ? first.mixed(m, x) : m);
    }
  };
};

using Rules = Types<AdaBelief, Yogi, Adan, AdEMAMix, Adopt>;

}  // namespace
}  // namespace fastopt::FASTOPT_ISA
