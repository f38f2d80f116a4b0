// The passes of L1: see core/lbfgs/orthant.hpp. An element of weight 0 has no kink, and may change its sign.
#pragma once

#include "reduce.hpp"
#include "table.hpp"

namespace fastopt::FASTOPT_ISA {
namespace {

/// The smallest subgradient of f + l1 |x|.
inline double smallest(double x, double g, double l1) {
  const double above = g + l1, below = g - l1;
  const double at_kink = above < 0 ? above : below > 0 ? below : 0.0;
  return x > 0 ? above : x < 0 ? below : at_kink;
}

/// Gives sum l1 |x|.
template <class T>
void penalty(const Operands& o, std::size_t first, std::size_t last, double* results) {
  const T* __restrict x = static_cast<const T*>(o.read[0]) + first;
  const T* __restrict l1 = static_cast<const T*>(o.read[1]) + first;
  reduce<1, 0>(last - first, results,
               [=](std::size_t i, double* term) { term[0] = double(l1[i]) * std::fabs(double(x[i])); });
}

/// The smallest subgradient. Gives its maximum.
template <class T>
void subgradient(const Operands& o, std::size_t first, std::size_t last, double* results) {
  const T* __restrict x = static_cast<const T*>(o.read[0]) + first;
  const T* __restrict g = static_cast<const T*>(o.read[1]) + first;
  const T* __restrict l1 = static_cast<const T*>(o.read[2]) + first;
  T* __restrict v = static_cast<T*>(o.write[0]) + first;
  reduce<0, 1>(last - first, results, [=](std::size_t i, double* term) {
    const double found = smallest(x[i], g[i], l1[i]);
    v[i] = T(found);
    term[0] = std::fabs(found);
  });
}

/// Of a direction d, what leads into the orthant: 0 where x is at its kink and d does not have the sign of -v.
/// Gives v'd and max |d|.
template <class T, class H>
void lead(const Operands& o, std::size_t first, std::size_t last, double* results) {
  const T* __restrict x = static_cast<const T*>(o.read[0]) + first;
  const T* __restrict v = static_cast<const T*>(o.read[1]) + first;
  const T* __restrict l1 = static_cast<const T*>(o.read[2]) + first;
  H* __restrict d = static_cast<H*>(o.write[0]) + first;
  reduce<1, 1>(last - first, results, [=](std::size_t i, double* term) {
    const double against = v[i], along = d[i];
    const bool down = against > 0 ? along < 0 : against < 0 && along > 0;
    const double kept = x[i] != 0 || l1[i] == 0 || down ? along : 0.0;
    d[i] = H(kept);
    term[0] = against * kept;
    term[1] = std::fabs(kept);
  });
}

/// The point at step a, 0 where it would leave the orthant of x. Gives sum l1 |x + a d| and max |x + a d|.
template <class T, class H>
void move_in_orthant(const Operands& o, std::size_t first, std::size_t last, double* results) {
  const T* __restrict x = static_cast<const T*>(o.read[0]) + first;
  const H* __restrict d = static_cast<const H*>(o.read[1]) + first;
  const T* __restrict l1 = static_cast<const T*>(o.read[2]) + first;
  T* __restrict trial = static_cast<T*>(o.write[0]) + first;
  const double a = o.scalar[0];
  reduce<1, 1>(last - first, results, [=](std::size_t i, double* term) {
    const T from = x[i], moved = T(from + a * d[i]);
    const bool left = from > 0 ? moved < 0 : from < 0 && moved > 0;
    const T there = left && l1[i] != 0 ? T(0) : moved;
    trial[i] = there;
    const double size = std::fabs(double(there));
    term[0] = double(l1[i]) * size;
    term[1] = size;
  });
}

/// As `compare`, along the path within the orthant: the slope is that of f + sum l1 |x| where the path still moves,
/// d'y that of the way gone, and the maximum that of the smallest subgradient.
template <class T, class H>
void compare_in_orthant(const Operands& o, std::size_t first, std::size_t last, double* results) {
  const T* __restrict given = static_cast<const T*>(o.read[0]) + first;
  const T* __restrict g = static_cast<const T*>(o.read[1]) + first;
  const H* __restrict d = static_cast<const H*>(o.read[2]) + first;
  const T* __restrict x = static_cast<const T*>(o.read[3]) + first;
  const T* __restrict trial = static_cast<const T*>(o.read[4]) + first;
  const T* __restrict l1 = static_cast<const T*>(o.read[5]) + first;
  T* __restrict kept = static_cast<T*>(o.write[0]) + first;
  H* __restrict y = static_cast<H*>(o.write[1]) + first;
  const double a = o.scalar[0];
  reduce<3, 1>(last - first, results, [=](std::size_t i, double* term) {
    const double v = given[i], there = trial[i];
    const H gone = H((there - double(x[i])) / a), change = gone != 0 ? H(v - double(g[i])) : H(0);
    const double side = there > 0 ? double(l1[i]) : -double(l1[i]);
    kept[i] = T(v);
    y[i] = change;
    term[0] = there != 0 || side == 0 ? d[i] * (v + side) : 0.0;
    term[1] = double(gone) * double(change);
    term[2] = double(change) * double(change);
    term[3] = std::fabs(smallest(there, v, l1[i]));
  });
}

/// The direction gone, d = (trial - x) / a.
template <class T, class H>
void way(const Operands& o, std::size_t first, std::size_t last, double* results) {
  const T* __restrict x = static_cast<const T*>(o.read[0]) + first;
  const T* __restrict trial = static_cast<const T*>(o.read[1]) + first;
  H* __restrict d = static_cast<H*>(o.write[0]) + first;
  const double a = o.scalar[0];
  reduce<0, 0>(last - first, results, [=](std::size_t i, double*) { d[i] = H((double(trial[i]) - double(x[i])) / a); });
}

}  // namespace
}  // namespace fastopt::FASTOPT_ISA
