// The only elementwise loops of the rules: every rule, dtype and variant runs through `sweep`, its sums through
// `survey`.
#pragma once

#include "reduce.hpp"
#include "rule.hpp"

namespace fastopt::FASTOPT_ISA {
namespace {

/// What happens before a rule's formula: `maximize` turns the gradient round, and L2 adds weight_decay * p to it; or
/// the parameter decays by itself, decoupled, by the factor `keep`.
template <class T, Decay decay>
struct Before {
  T sign, weight_decay, keep, least;  // weights that decay fade away; where keep is 1 they stay, however small

  Before(double lr, double weight_decay_, bool maximize)
      : sign(T(maximize ? -1 : 1)),
        weight_decay(T(weight_decay_)),
        keep(T(1 - lr * weight_decay_)),
        least(1 - lr * weight_decay_ == 1 ? T(0) : Least<T>::mean) {}

  T gradient(T g, T p) const {
    if constexpr (decay == Decay::l2) return sign * g + fade(weight_decay * p);
    return sign * g;
  }
  T parameter(T p) const {
    if constexpr (decay != Decay::decoupled) return p;
    const T kept = keep * p;
    return absolute(kept) < least ? T(0) : kept;
  }
  T& decayed(T& p) const { return p = parameter(p); }
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
template <bool... present, class T, class Lane, class Before, class... Slots>
inline void sweep(const Lane lane, const Before before, std::size_t n, T* __restrict p, const T* __restrict g,
                  Slots* __restrict... s) {
#pragma omp simd
  for (std::size_t i = 0; i < n; ++i)
    lane(before.decayed(static_cast<T&>(Element<T, true>(p, i))), before.gradient(g[i], p[i]),
         static_cast<T&>(Element<T, present>(s, i))...);
}

/// A state array that is only read; zero where the variant does not have it.
template <bool present, class T>
inline T read(const T* s, std::size_t i) {
  if constexpr (present) return s[i];
  return T(0);
}

/// The rule's sums over elements that see what their formula will see, in the one order of `reduce`.
template <int sums, bool... present, class T, class Lane, class Before, class... Slots>
inline void survey(const Lane lane, const Before before, std::size_t n, double* results, const T* __restrict p,
                   const T* __restrict g, const Slots* __restrict... s) {
  reduce<sums, 0>(n, results, [=](std::size_t i, double* term) {
    lane.terms(before.parameter(p[i]), before.gradient(g[i], p[i]), read<present>(s, i)..., term);
  });
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
