#pragma once

#include "../rule.hpp"

namespace fastopt::FASTOPT_ISA {
namespace {

/// Prodigy: Mishchenko & Defazio 2024, Algorithm 4, in the form of its authors' package. d is the distance to the
/// solution as far as it is known: the length of a step.
struct Prodigy : Base {
  static constexpr auto name = "prodigy";
  struct Hyper {
    double lr, beta1, beta2, given_beta3, eps, weight_decay, d0, d_coef, growth_rate;
    double use_bias_correction, safeguard_warmup;
    double beta3() const { return given_beta3 != given_beta3 ? sqrt(beta2) : given_beta3; }
    double rate(const Step& step) const {
      const double corrected = sqrt(1 - std::pow(beta2, step.count)) / (1 - std::pow(beta1, step.count));
      return step.before[0] * lr * (use_bias_correction != 0 ? corrected : 1);
    }
  };
  static constexpr auto hyper =
      names("lr", "beta1", "beta2", "beta3", "eps", "weight_decay", "d0", "d_coef", "growth_rate");
  static constexpr auto options = names("decoupled_weight_decay");
  static constexpr auto flags = names("use_bias_correction", "safeguard_warmup");
  static constexpr auto state = slots(slot{"m"}, slot{"v"}, slot{"s"}, slot{"p0"});
  static constexpr auto scalars = names("d", "d_max", "d_numerator");
  static constexpr auto sums = names("along", "length");  // <g, p0 - p> and |s|, of all arrays
  static constexpr Decays decays = Decays::own;

  static void settle(const Hyper& h, const Step& step, double* after) {
    const double d = step.before[0], d_max = step.before[1], along = step.sums[0], length = step.sums[1];
    if (length == 0) return;  // there has been no gradient yet
    after[2] = fade(h.beta3() * step.before[2] + d / h.d0 * h.rate(step) * along);
    const double estimate = h.d_coef * after[2] / length;
    after[1] = estimate > d_max ? estimate : d_max;
    const double most = (d == h.d0 && estimate > d ? estimate : d) * h.growth_rate;
    after[0] = most < after[1] ? most : after[1];
  }

  template <class T, bool decoupled>
  struct Lane {
    T beta1, rest1, beta2, rest2, beta3, rest3, lr, eps, weight_decay, keep, least;
    Square<T> square;
    Lane(const Hyper& h, const Step& step)
        : beta1(T(h.beta1)),
          rest1(T((h.beta1 == 0 ? step.scalars[0] : step.before[0]) * (1 - h.beta1))),  // without a mean: the new d
          beta2(T(h.beta2)),
          rest2(T(step.before[0] * step.before[0] * (1 - h.beta2))),
          beta3(T(h.beta3())),
          rest3(T(step.before[0] / h.d0 * (h.safeguard_warmup != 0 ? step.before[0] : h.rate(step)))),
          eps(T(step.scalars[0] * h.eps)),
          weight_decay(T(h.weight_decay)),
          square(step.before[0] * step.before[0] * (1 - h.beta2)) {
      const bool moving = step.sums != nullptr && step.sums[1] != 0;
      const double rate = moving ? h.rate(step) : 0, kept = decoupled ? 1 - h.weight_decay * rate : 1;
      lr = T(rate);
      keep = T(kept);
      least = kept == 1 ? T(0) : Least<T>::mean;  // as in Before
    }
    T gradient(T p, T g) const { return decoupled ? g : g + fade(weight_decay * p); }
    T next(T s, T g) const { return fade(beta3 * s + rest3 * g); }
    void terms(T p, T g, T /*m*/, T /*v*/, T s, T p0, double* term) const {
      g = gradient(p, g);
      const double way = static_cast<double>(p0 - p), slope = static_cast<double>(g);
      term[0] = (absolute(way) < felt || absolute(slope) < felt ? 0.0 : slope) * way;
      term[1] = static_cast<double>(absolute(next(s, g)));
    }
    void operator()(T& p, T g, T& m, T& v, T& s, T& /*p0*/) const {
      g = gradient(p, g);
      m = fade(beta1 * m + rest1 * g);
      v = fade_square(beta2 * v + rest2 * square(g));
      s = next(s, g);
      const T kept = keep * p;
      p = (absolute(kept) < least ? T(0) : kept) - lr * (m / (sqrt(floored(v)) + eps));
    }
    static constexpr double felt = 0x1p-511;  // the root of the smallest normal number
  };
};

using Rules = Types<Prodigy>;

}  // namespace
}  // namespace fastopt::FASTOPT_ISA
