// The only elementwise loop of the rules: every rule, dtype and variant runs through `sweep`.
#pragma once

#include "rule.hpp"

namespace fastopt::FASTOPT_ISA {
namespace {

/// What happens to a gradient before a rule sees it: `maximize` turns it round, L2 adds weight_decay * p.
template <class T, bool decay>
struct Gradient {
  T sign, weight_decay;
  T operator()(T g, T p) const {
    if constexpr (decay) return sign * g + fade(weight_decay * p);
    return sign * g;
  }
};

/// An element in registers: read when it is made, written back when the expression it stands in ends. So all
/// loads of an element come before its stores. Large arrays start at the same offset in their pages, and a
/// load that follows a store at the same offset waits for it on many processors.
template <class T, bool present>
class Element {
 public:
  Element(T* array, std::size_t i) : home_(array + i), value_(*home_) {}
  ~Element() { *home_ = value_; }
  operator T&() { return value_; }

 private:
  T* home_;
  T value_;
};

/// A slot that the variant does not have.
template <class T>
class Element<T, false> {
 public:
  Element(T* /*array*/, std::size_t /*i*/) {}
  operator T&() { return value_; }

 private:
  T value_{};
};

/// The constants come by value: through a reference they might alias the arrays and be read again each time.
template <bool... present, class T, class Lane, class Prepared, class... Slots>
inline void sweep(const Lane lane, const Prepared prepared, std::size_t n, T* __restrict p, const T* __restrict g,
                  Slots* __restrict... s) {
#pragma omp simd
  for (std::size_t i = 0; i < n; ++i)
    lane(static_cast<T&>(Element<T, true>(p, i)), prepared(g[i], p[i]), static_cast<T&>(Element<T, present>(s, i))...);
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
