// The yardstick of the benchmarks: rules with the traffic of 0 to 6 state arrays and next to no arithmetic.
#pragma once

#include "rule.hpp"

namespace fastopt::FASTOPT_ISA {
namespace {

/// Reads p, g and the state, writes p and the state; nothing can touch the same bytes in less.
struct Probe : Base {
  struct Hyper {
    double lr;
  };
  static constexpr auto hyper = names("lr");

  template <class T>
  struct Lane {
    T lr;
    Lane(const Hyper& h, const Step& /*step*/) : lr(T(h.lr)) {}
    template <class... Slots>
    void operator()(T& p, T g, Slots&... s) const {
      p = p + lr * g;
      ((s = s + g), ...);
    }
  };
};

struct Probe0 : Probe {
  static constexpr auto name = "probe0";
};
struct Probe1 : Probe {
  static constexpr auto name = "probe1";
  static constexpr auto state = slots(slot{"a"});
};
struct Probe2 : Probe {
  static constexpr auto name = "probe2";
  static constexpr auto state = slots(slot{"a"}, slot{"b"});
};
struct Probe3 : Probe {
  static constexpr auto name = "probe3";
  static constexpr auto state = slots(slot{"a"}, slot{"b"}, slot{"c"});
};

struct Probe4 : Probe {
  static constexpr auto name = "probe4";
  static constexpr auto state = slots(slot{"a"}, slot{"b"}, slot{"c"}, slot{"d"});
};
struct Probe5 : Probe {
  static constexpr auto name = "probe5";
  static constexpr auto state = slots(slot{"a"}, slot{"b"}, slot{"c"}, slot{"d"}, slot{"e"});
};
struct Probe6 : Probe {
  static constexpr auto name = "probe6";
  static constexpr auto state = slots(slot{"a"}, slot{"b"}, slot{"c"}, slot{"d"}, slot{"e"}, slot{"f"});
};

using Probes = Types<Probe0, Probe1, Probe2, Probe3, Probe4, Probe5, Probe6>;

}  // namespace
}  // namespace fastopt::FASTOPT_ISA
