// Adam and its kin.
#pragma once

#include "../rule.hpp"

namespace fastopt::FASTOPT_ISA {
namespace {

/// Adam: Kingma & Ba 2015, Algorithm 1; amsgrad: Reddi, Kale & Kumar 2018, Algorithm 2, as torch has it.
struct Adam : Base {
  static constexpr auto name = "adam";
  struct Hyper {
    double lr, beta1, beta2, eps;
  };
  static constexpr auto hyper = names("lr", "beta1", "beta2", "eps");
  static constexpr auto options = names("amsgrad", "bias_correction");
  static constexpr auto state = slots(slot{"m"}, slot{"v"}, slot{"vmax", "amsgrad"});

  template <class T, bool amsgrad, bool bias_correction>
  struct Lane {
    T beta1, rest1, beta2, rest2, eps, lr, root;  // sqrt(v / (1 - beta2^t)) = sqrt(v) * root: one division an element
    Square<T> square;
    Lane(const Hyper& h, double step)
        : beta1(T(h.beta1)),
          rest1(T(1 - h.beta1)),
          beta2(T(h.beta2)),
          rest2(T(1 - h.beta2)),
          eps(T(h.eps)),
          lr(T(bias_correction ? h.lr / (1 - std::pow(h.beta1, step)) : h.lr)),
          root(T(bias_correction ? 1 / sqrt(1 - std::pow(h.beta2, step)) : 1)),
          square(1 - h.beta2) {}

    /// The direction m / (sqrt(v) + eps), both corrected for the start at zero; lr holds m's correction.
    T direction(T g, T& m, T& v, T& vmax) const {
      m = fade(beta1 * m + rest1 * g);
      v = fade_square(beta2 * v + rest2 * square(g));
      if constexpr (amsgrad) vmax = maximum(vmax, v);
      return m / (sqrt(floored(amsgrad ? vmax : v)) * root + eps);
    }
    void operator()(T& p, T g, T& m, T& v, T& vmax) const { p = p - lr * direction(g, m, v, vmax); }
  };
};

/// AdamW: Loshchilov & Hutter 2019, Algorithm 2, the decay scaled by lr as torch has it.
struct AdamW : Base {
  static constexpr auto name = "adamw";
  struct Hyper : Adam::Hyper {
    double weight_decay;
  };
  static constexpr auto hyper = names("lr", "beta1", "beta2", "eps", "weight_decay");
  static constexpr auto options = Adam::options;
  static constexpr auto state = Adam::state;

  template <class T, bool amsgrad, bool bias_correction>
  struct Lane : Adam::Lane<T, amsgrad, bias_correction> {
    T keep, least;  // weights that decay fade away; the others are left as they are, however small
    Lane(const Hyper& h, double step)
        : Adam::Lane<T, amsgrad, bias_correction>(h, step),
          keep(T(1 - h.lr * h.weight_decay)),
          least(1 - h.lr * h.weight_decay == 1 ? T(0) : Least<T>::mean) {}
    void operator()(T& p, T g, T& m, T& v, T& vmax) const {
      const T kept = keep * p;
      p = (absolute(kept) < least ? T(0) : kept) - this->lr * this->direction(g, m, v, vmax);
    }
  };
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
    Lane(const Hyper& h, double step)
        : beta1(T(h.beta1)),
          rest1(T(1 - h.beta1)),
          beta2(T(h.beta2)),
          eps(T(h.eps)),
          lr(T(h.lr / (1 - std::pow(h.beta1, step)))) {}
    void operator()(T& p, T g, T& m, T& u) const {
      m = fade(beta1 * m + rest1 * g);
      u = fade_square(maximum(beta2 * u, absolute(g) + eps));
      p = p - lr * (m / floored(u));
    }
  };
};

}  // namespace
}  // namespace fastopt::FASTOPT_ISA
