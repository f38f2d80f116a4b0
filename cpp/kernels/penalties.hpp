// Penalties on parameters: the value, and the gradient written or added, in one pass.
//
// A penalty gives `name`, `parameters` (how many), and
//
//     template <class T> struct Lane {
//       explicit Lane(const double* parameters);                  // constants, rounded to T once
//       double operator()(T p, T& slope) const;                   // the formula; the value but for its strength
//     };
#pragma once

#include "panel.hpp"

namespace fastopt::FASTOPT_ISA {
namespace {

/// strength * sum p^2
struct L2 {
  static constexpr auto name = "l2";
  static constexpr int parameters = 1;

  template <class T>
  struct Lane {
    T twice;
    explicit Lane(const double* h) : twice(T(2 * h[0])) {}
    double operator()(T p, T& slope) const {
      slope = twice * p;
      return static_cast<double>(p) * static_cast<double>(p);
    }
  };
};

/// strength * sum |p|
struct L1 {
  static constexpr auto name = "l1";
  static constexpr int parameters = 1;

  template <class T>
  struct Lane {
    T strength;
    explicit Lane(const double* h) : strength(T(h[0])) {}
    double operator()(T p, T& slope) const {
      slope = strength * sign(p);
      return static_cast<double>(absolute(p));
    }
  };
};

/// strength * sum (beta p^2 + |p|): Zou & Hastie 2005.
struct ElasticNet {
  static constexpr auto name = "elastic_net";
  static constexpr int parameters = 2;

  template <class T>
  struct Lane {
    T strength, twice;
    double beta;
    explicit Lane(const double* h) : strength(T(h[0])), twice(T(2 * h[1])), beta(h[1]) {}
    double operator()(T p, T& slope) const {
      slope = strength * (twice * p + sign(p));
      return beta * (static_cast<double>(p) * static_cast<double>(p)) + static_cast<double>(absolute(p));
    }
  };
};

template <class P, class T>
struct PenaltyDriver {
  template <bool add>
  static double run(const double* parameters, const void* params, void* grads, std::size_t n) {
    const typename P::template Lane<T> lane(parameters);
    const T* p = static_cast<const T*>(params);
    T* g = static_cast<T*>(grads);
    return fold<double>(n, Sum{}, [=](std::size_t i) {
      T slope;
      const double value = lane(p[i], slope);
      g[i] = add ? g[i] + slope : slope;
      return value;
    });
  }
  static constexpr PenaltyKernel kernel{run<false>, run<true>};
};

template <class... Each>
struct PenaltyTypes {};

/// The list of all penalties: being on it is being registered.
using Penalties = PenaltyTypes<L2, L1, ElasticNet>;

template <class All>
struct PenaltyRows;

template <class... Each>
struct PenaltyRows<PenaltyTypes<Each...>> {
  static constexpr Penalty all[] = {
      {Each::name, Each::parameters, {PenaltyDriver<Each, float>::kernel, PenaltyDriver<Each, double>::kernel}}...};
  static constexpr Span<Penalty> span{all, sizeof...(Each)};
};

}  // namespace
}  // namespace fastopt::FASTOPT_ISA
