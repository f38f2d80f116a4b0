// exp, log and log1p on the ranges that losses need, from IEEE + - * / and integer adds alone: branch-free, so
// that they vectorise, and the same bits everywhere, which no library function promises.
//
// Each is off by at most 1.3 units in the last place (tests/losses/test_elementary.py allows 1.5). A NaN passes
// through. The polynomials are Chebyshev fits; what they leave is about a tenth of a unit.
#pragma once

#include "arith.hpp"

namespace fastopt::FASTOPT_ISA {
namespace {

/// c0 + c2 z + c4 z^2 + ...
template <class T>
inline T every_second(T /*z*/, T c0) {
  return c0;
}
template <class T>
inline T every_second(T /*z*/, T c0, T /*c1*/) {
  return c0;
}
template <class T, class... Rest>
inline T every_second(T z, T c0, T /*c1*/, Rest... rest) {
  return c0 + z * every_second(z, rest...);
}

/// c0 + c1 x + c2 x^2 + ..., even and odd powers apart: two short chains of operations, not a long one.
template <class T, class... Rest>
inline T polynomial(T x, T c0, Rest... rest) {
  return every_second(x * x, c0, rest...) + x * every_second(x * x, rest...);
}

/// What the functions need to know of a type. `ln2_hi` has so few bits that its product with any exponent is
/// exact; `shift` pushes the fraction of a small number out and leaves it, rounded to an integer, in the lowest
/// bits of the sum.
template <class T>
struct Format;

template <>
struct Format<float> {
  using Bits = std::uint32_t;
  static constexpr int fraction_bits = 23;
  static constexpr float log_smallest = -87.3365f;  // rounded up
  static constexpr float log2_e = 0x1.715476p+0f;
  static constexpr float ln2_hi = 0x1.62e4p-1f, ln2_lo = 0x1.7f7d1cp-20f;
  static constexpr float shift = 0x1.8p23f, bias = 127;

  /// (e^r - 1 - r) / r^2 for |r| <= ln(2) / 2.
  static float exp_rest(float r) {
    return polynomial(r, 0.5f, 0x1.5554dcp-3f, 0x1.55551ap-5f, 0x1.120b6ep-7f, 0x1.6d1110p-10f);
  }
  /// (2 atanh(s) / s - 2) / z, z = s^2, for s <= 3 - 2 sqrt(2) and for s <= 1/3.
  static float log_rest(float z) { return polynomial(z, 0x1.55555cp-1f, 0x1.997c30p-2f, 0x1.2ee610p-2f); }
  static float log1p_rest(float z) {
    return polynomial(z, 0x1.555556p-1f, 0x1.9998d4p-2f, 0x1.24c926p-2f, 0x1.bc8cf8p-3f, 0x1.dba260p-3f);
  }
};

template <>
struct Format<double> {
  using Bits = std::uint64_t;
  static constexpr int fraction_bits = 52;
  static constexpr double log_smallest = -708.3964;
  static constexpr double log2_e = 0x1.71547652b82fep+0;
  static constexpr double ln2_hi = 0x1.62e42feep-1, ln2_lo = 0x1.a39ef35793c76p-33;
  static constexpr double shift = 0x1.8p52, bias = 1023;

  static double exp_rest(double r) {
    return polynomial(r, 0.5, 0x1.5555555555556p-3, 0x1.5555555553d63p-5, 0x1.11111111109b3p-7, 0x1.6c16c1788bd90p-10,
                      0x1.a01a01a7c41d5p-13, 0x1.a019b90d2ae7ap-16, 0x1.71de0dae63bb3p-19, 0x1.289185613a3d6p-22,
                      0x1.af38a9b0ec855p-26);
  }
  static double log_rest(double z) {
    return polynomial(z, 0x1.5555555555558p-1, 0x1.99999999952e2p-2, 0x1.2492492df148dp-2, 0x1.c71c62e5800a1p-3,
                      0x1.7462b4ab2ef6bp-3, 0x1.39fe606542ddep-3, 0x1.2b584aae78a57p-3);
  }
  static double log1p_rest(double z) {
    return polynomial(z, 0x1.5555555555555p-1, 0x1.999999999a3ddp-2, 0x1.24924923d44c6p-2, 0x1.c71c727143318p-3,
                      0x1.745cf0b0e03bdp-3, 0x1.3b18b294bebf9p-3, 0x1.10ac75dc602b1p-3, 0x1.eb905e8575054p-4,
                      0x1.687a6e7c95176p-4, 0x1.4b0a26c5f2aefp-3);
  }
};

template <class T>
using Bits = typename Format<T>::Bits;

/// e^x for x <= 0; 0 where that would be below the smallest normal number.
///
/// With k the integer nearest x / ln 2 and r = x - k ln 2 (Cody & Waite): e^x = 2^k e^r, and 2^k is made of the
/// biased k in the lowest bits of `shifted`. Below `log_smallest` that is none, and not used.
template <class T>
inline T exp_nonpositive(T x) {
  using F = Format<T>;
  constexpr T shift = F::shift + F::bias;
  const T shifted = x * F::log2_e + shift;
  const T k = shifted - shift;
  const T r = (x - k * F::ln2_hi) - k * F::ln2_lo;
  const T e_r = T(1) + (r + r * r * F::exp_rest(r));
  const T power = __builtin_bit_cast(T, __builtin_bit_cast(Bits<T>, shifted) << F::fraction_bits);
  return x < F::log_smallest ? T(0) : e_r * power;  // NaN stays NaN
}

/// log(1 + f) = 2 atanh(s) with s = f / (2 + f), arranged so that the rounding of s hardly counts (fdlibm).
template <class T>
inline T log1p_with(T f, T rest, T s, T z) {
  const T half = T(0.5) * f * f;
  return f - (half - s * (half + z * rest));
}

/// log(1 + f) for 0 <= f <= 1.
template <class T>
inline T log1p_unit(T f) {
  const T s = f / (T(2) + f), z = s * s;
  return log1p_with(f, Format<T>::log1p_rest(z), s, z);
}

/// log(x) for positive normal x: of x = 2^k m with m nearest to 1, k ln 2 + log(m).
template <class T>
inline T log_normal(T x) {
  using F = Format<T>;
  constexpr Bits<T> one = __builtin_bit_cast(Bits<T>, T(1)), sqrt_half = __builtin_bit_cast(Bits<T>, T(0x1.6a09e6p-1));
  // The distance from sqrt(1/2) in bits: its upper part is k. Biased by the exponent of 1 it is not negative.
  const Bits<T> above = __builtin_bit_cast(Bits<T>, x) - sqrt_half + one;
  const Bits<T> biased = above >> F::fraction_bits;
  const T k = __builtin_bit_cast(T, biased + __builtin_bit_cast(Bits<T>, F::shift)) - (F::shift + F::bias);
  const Bits<T> fraction = above & ((Bits<T>{1} << F::fraction_bits) - 1);
  const T f = __builtin_bit_cast(T, fraction + sqrt_half) - T(1);
  const T s = f / (T(2) + f), z = s * s;
  const T log_x = k * F::ln2_hi + (log1p_with(f, F::log_rest(z), s, z) + k * F::ln2_lo);
  return x != x ? x : log_x;
}

}  // namespace
}  // namespace fastopt::FASTOPT_ISA
