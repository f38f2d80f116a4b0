#pragma once

#include "../rule.hpp"

namespace fastopt::FASTOPT_ISA {
namespace {

/// Signum: Bernstein et al. 2018, Algorithm 2.
struct Signum : Base {
  static constexpr auto name = "signum";
  struct Hyper {
    double lr, momentum;
  };
  static constexpr auto hyper = names("lr", "momentum");
  static constexpr auto state = slots(slot{"m"});

  template <class T>
  struct Lane {
    T lr;
    Mean<T> mean;
    Lane(const Hyper& h, const Step& /*step*/) : lr(T(h.lr)), mean(h.momentum) {}
    void operator()(T& p, T g, T& m) const {
      m = mean(m, g);
      p = p - lr * sign(m);
    }
  };
};

using Rules = Types<Signum>;

}  // namespace
}  // namespace fastopt::FASTOPT_ISA
