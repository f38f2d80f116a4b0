// Follow the regularised leader: McMahan et al. 2013, Algorithm 1 (per coordinate), as Keras has it.
#pragma once

#include "../rule.hpp"

namespace fastopt::FASTOPT_ISA {
namespace {

struct FtrlBase : Base {
  struct Hyper {
    double lr, l1, l2, beta;
    double curvature() const { return beta / lr + 2 * l2; }
  };
  static constexpr auto hyper = names("lr", "l1", "l2", "beta");
  static constexpr Decays decays = Decays::own;  // l2 is of another kind, and there is no weight_decay

  /// The point at which z p + q/2 p^2 + l1 |p| is least.
  template <class T>
  static T leader(T z, T q, T l1) {
    return (clipped(z, -l1, l1) - z) / q;
  }
};

/// The learning rate falls as one over the root of n, the sum of squared gradients.
struct Ftrl : FtrlBase {
  static constexpr auto name = "ftrl";
  static constexpr auto state = slots(slot{"n"}, slot{"z"});

  template <class T>
  struct Lane {
    T inverse, l1, curvature;
    Square<T> square{1};
    Lane(const Hyper& h, const Step& /*step*/) : inverse(T(1 / h.lr)), l1(T(h.l1)), curvature(T(h.curvature())) {}
    void operator()(T& p, T g, T& n, T& z) const {
      const T before = sqrt(n);
      n = n + square(g);
      const T sigma = (sqrt(n) - before) * inverse;
      z = z + (g - sigma * p);
      p = leader(z, sqrt(floored(n)) * inverse + curvature, l1);
    }
  };
};

/// The learning rate stays as it is: dual averaging.
struct FtrlFixed : FtrlBase {
  static constexpr auto name = "ftrl_fixed";
  static constexpr auto state = slots(slot{"z"});

  template <class T>
  struct Lane {
    T l1, curvature;
    Lane(const Hyper& h, const Step& /*step*/) : l1(T(h.l1)), curvature(T(1 / h.lr + h.curvature())) {}
    void operator()(T& p, T g, T& z) const {
      z = z + g;
      p = leader(z, curvature, l1);
    }
  };
};

using Rules = Types<Ftrl, FtrlFixed>;

}  // namespace
}  // namespace fastopt::FASTOPT_ISA
