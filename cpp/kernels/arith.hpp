// The arithmetic that rules are written in. IEEE + - * / and sqrt only, no FMA: the same bits everywhere.
//
// Everything under cpp/kernels/ lives in an anonymous namespace inside the namespace of its instruction
// set: a function with external linkage compiled for AVX could be merged by the linker into the baseline
// path and die on an older machine.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "table.hpp"

#ifndef FASTOPT_ISA
#define FASTOPT_ISA baseline
#endif

namespace fastopt::FASTOPT_ISA {
namespace {

using std::sqrt;

// Selects, not calls: they vectorise, and a NaN passes as it does in NumPy.

template <class T>
inline T absolute(T x) {
  return std::fabs(x);
}

/// As np.maximum: a NaN on either side wins.
template <class T>
inline T maximum(T a, T b) {
  return a > b || a != a ? a : b;
}

// State that decays without being fed would sink into denormal numbers and stay there, some fifty times
// slower on many processors. So the decay has an end. For means of gradients it is zero, reached at 1/epsilon
// above the smallest normal number, so that `lr * m` stays normal too; no parameter can feel a velocity below
// 1e-31. For means of squares it is the smallest normal number itself: they stand in denominators, and a mean
// that were zero while the gradient is not would throw the parameter far off.
template <class T>
struct Least;
template <>
struct Least<float> {
  static constexpr float mean = 0x1p-103f, normal = 0x1p-126f;
};
template <>
struct Least<double> {
  static constexpr double mean = 0x1p-970, normal = 0x1p-1022;
};

/// A mean of gradients: zero where it has faded away, itself otherwise.
template <class T>
inline T fade(T m) {
  return absolute(m) < Least<T>::mean ? T(0) : m;
}

/// A mean of squares, or the smallest normal number if that is larger.
template <class T>
inline T floored(T v) {
  return v < Least<T>::normal ? Least<T>::normal : v;
}

}  // namespace
}  // namespace fastopt::FASTOPT_ISA
