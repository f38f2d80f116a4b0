// The only elementwise loop. Every rule, dtype and variant runs through it.
#pragma once

#include "rule.hpp"

namespace fastopt::FASTOPT_ISA {
namespace {

/// What happens to a gradient before a rule sees it: `maximize` turns it round, L2 adds weight_decay * p.
template <class T, bool decay>
struct Gradient {
  T sign, weight_decay;
  T operator()(T g, T p) const {
    if constexpr (decay) return sign * g + weight_decay * p;
    return sign * g;
  }
};

/// A slot of the element, or a stand-in where the variant has no such array.
template <bool present, class T>
inline T& at(T* slot, std::size_t i, T& absent) {
  if constexpr (present) return slot[i];
  return absent;
}

/// The constants come by value: through a reference they might alias the arrays and be read again each time.
template <bool... present, class T, class Lane, class Prepared, class... Slots>
inline void sweep(const Lane lane, const Prepared prepared, std::size_t n, T* __restrict p, const T* __restrict g,
                  Slots* __restrict... s) {
#pragma omp simd
  for (std::size_t i = 0; i < n; ++i) {
    [[maybe_unused]] T absent{};
    lane(p[i], prepared(g[i], p[i]), at<present>(s, i, absent)...);
  }
}

template <class T>
bool all_finite(const void* x, std::size_t n) {
  const T* __restrict values = static_cast<const T*>(x);
  T wild = 0;  // x - x is 0 for finite x and NaN otherwise, and NaN stays NaN whatever is added
#pragma omp simd reduction(+ : wild)
  for (std::size_t i = 0; i < n; ++i) wild += values[i] - values[i];
  return wild == T(0);
}

}  // namespace
}  // namespace fastopt::FASTOPT_ISA
