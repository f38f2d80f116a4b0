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

/// As np.clip, between numbers: a NaN passes.
template <class T>
inline T clipped(T x, T low, T high) {
  return x < low ? low : x > high ? high : x;
}

/// As np.sign: zero for both zeros, NaN for NaN.
template <class T>
inline T sign(T x) {
  return x > T(0) ? T(1) : x < T(0) ? T(-1) : x == T(0) ? T(0) : x;
}

// What decays without being fed would sink into denormal numbers and stay there, some fifty times slower on many
// processors. So the decay ends at zero, which is as fast as any number: for means of gradients, and for weights
// that decay, at 1/epsilon above the smallest normal number, so that `lr * m` stays normal too (no parameter can feel
// a velocity below 1e-31); for means of squares at the smallest normal number. Squares that would be denormal
// themselves are zero from the start. In a denominator such a mean counts as the smallest normal number: zero there
// would throw a parameter far off as soon as it has a gradient, and make NaN of a gradient of zero.
template <class T>
struct Least;
template <>
struct Least<float> {
  static constexpr float mean = 0x1p-103f, normal = 0x1p-126f;
  static constexpr double epsilon = 0x1p-23;  // between 1 and the next number
};
template <>
struct Least<double> {
  static constexpr double mean = 0x1p-970, normal = 0x1p-1022;
  static constexpr double epsilon = 0x1p-52;
};

/// A mean of gradients, or a weight that decays: zero where it has faded away, itself otherwise.
template <class T>
inline T fade(T m) {
  return absolute(m) < Least<T>::mean ? T(0) : m;
}

/// A mean of squares: zero where it has faded away, itself otherwise.
template <class T>
inline T fade_square(T v) {
  return v < Least<T>::normal ? T(0) : v;
}

/// A mean of squares as it stands in a denominator: the smallest normal number at least.
template <class T>
inline T floored(T v) {
  return v < Least<T>::normal ? Least<T>::normal : v;
}

/// Round; what would be a denormal number is 0.
template <class T>
inline T normal(double x) {
  return absolute(x) < static_cast<double>(Least<T>::normal) ? T(0) : T(x);
}

/// The root of a mean of squares, as a denominator: eps is added to it, or to the mean inside.
template <class T>
struct Root {
  T inside, outside;
  Root(double eps, bool within) : inside(T(within ? eps : 0)), outside(T(within ? 0 : eps)) {}
  T operator()(T v) const { return sqrt(floored(v + inside)) + outside; }
};

/// Squares for a mean that takes `share` of each: zero where that part would be denormal. Only one factor is selected:
/// of two, compilers make a select of the products, and compute the denormal one.
template <class T>
struct Square {
  T least;
  explicit Square(double share) : least(T(sqrt(static_cast<double>(Least<T>::normal) / share))) {}
  T felt(T g) const { return absolute(g) < least ? T(0) : g; }
  T operator()(T g) const { return felt(g) * g; }
};

/// A running mean of gradients, of which `beta` stays.
template <class T>
struct Mean {
  T stays, comes;
  explicit Mean(double beta) : stays(T(beta)), comes(T(1 - beta)) {}
  T mixed(T m, T g) const { return stays * m + comes * g; }
  T operator()(T m, T g) const { return fade(mixed(m, g)); }
};

/// A running mean of their squares.
template <class T>
struct MeanSquare {
  T stays, comes;
  Square<T> square;
  explicit MeanSquare(double beta) : stays(T(beta)), comes(T(1 - beta)), square(1 - beta) {}
  T operator()(T v, T g) const { return fade_square(stays * v + comes * square(g)); }
};

/// What is summed for a norm, in double.
template <class T>
inline double squared(T x) {
  return Square<double>(1)(static_cast<double>(x));
}

}  // namespace
}  // namespace fastopt::FASTOPT_ISA
