// The passes of quasi-Newton methods over long vectors: each does all that can be done with what it reads.
// Numbers are stored as T (points and gradients) or H (pairs of the history) and computed in double.
#pragma once

#include "reduce.hpp"
#include "table.hpp"

namespace fastopt::FASTOPT_ISA {
namespace {

/// x + a d: the point at step a. Gives max |x + a d|.
template <class T, class H>
void move(const Operands& o, std::size_t first, std::size_t last, double* results) {
  const T* __restrict x = static_cast<const T*>(o.read[0]) + first;
  const H* __restrict d = static_cast<const H*>(o.read[1]) + first;
  T* __restrict trial = static_cast<T*>(o.write[0]) + first;
  const double a = o.scalar[0];
  reduce<0, 1>(last - first, results, [=](std::size_t i, double* term) {
    const T moved = T(x[i] + a * d[i]);
    trial[i] = moved;
    term[0] = std::fabs(double(moved));
  });
}

/// Take over a gradient. Gives g'g and max |g|.
template <class T, class H>
void take(const Operands& o, std::size_t first, std::size_t last, double* results) {
  const T* __restrict given = static_cast<const T*>(o.read[0]) + first;
  T* __restrict g = static_cast<T*>(o.write[0]) + first;
  reduce<1, 1>(last - first, results, [=](std::size_t i, double* term) {
    const double v = given[i];
    g[i] = T(v);
    term[0] = v * v;
    term[1] = std::fabs(v);
  });
}

/// Take over the gradient of a trial, and its change y = g+ - g. Gives d'g+, d'y, y'y and max |g+|.
template <class T, class H>
void compare(const Operands& o, std::size_t first, std::size_t last, double* results) {
  const T* __restrict given = static_cast<const T*>(o.read[0]) + first;
  const T* __restrict g = static_cast<const T*>(o.read[1]) + first;
  const H* __restrict d = static_cast<const H*>(o.read[2]) + first;
  T* __restrict kept = static_cast<T*>(o.write[0]) + first;
  H* __restrict y = static_cast<H*>(o.write[1]) + first;
  reduce<3, 1>(last - first, results, [=](std::size_t i, double* term) {
    const double v = given[i], along = d[i];
    const H change = H(v - double(g[i]));
    kept[i] = T(v);
    y[i] = change;
    term[0] = along * v;
    term[1] = along * double(change);
    term[2] = double(change) * double(change);
    term[3] = std::fabs(v);
  });
}

/// w'q of a pair's vector w.
template <class T, class H>
void dot(const Operands& o, std::size_t first, std::size_t last, double* results) {
  const T* __restrict q = static_cast<const T*>(o.read[0]) + first;
  const H* __restrict w = static_cast<const H*>(o.read[1]) + first;
  reduce<1, 0>(last - first, results, [=](std::size_t i, double* term) { term[0] = double(w[i]) * double(q[i]); });
}

/// q + c v, written to r (which may be q). Gives w'r.
template <class T, class H>
void turn(const Operands& o, std::size_t first, std::size_t last, double* results) {
  const T* q = static_cast<const T*>(o.read[0]) + first;
  const H* __restrict v = static_cast<const H*>(o.read[1]) + first;
  const H* __restrict w = static_cast<const H*>(o.read[2]) + first;
  T* r = static_cast<T*>(o.write[0]) + first;
  const double c = o.scalar[0];
  reduce<1, 0>(last - first, results, [=](std::size_t i, double* term) {
    const T turned = T(q[i] + c * v[i]);
    r[i] = turned;
    term[0] = double(w[i]) * double(turned);
  });
}

/// The direction d = b (q + c v), in the numbers of the history. Gives g'd and max |d|.
template <class T, class H>
void aim(const Operands& o, std::size_t first, std::size_t last, double* results) {
  const T* __restrict q = static_cast<const T*>(o.read[0]) + first;
  const H* __restrict v = static_cast<const H*>(o.read[1]) + first;
  const T* __restrict g = static_cast<const T*>(o.read[2]) + first;
  H* __restrict d = static_cast<H*>(o.write[0]) + first;
  const double b = o.scalar[0], c = o.scalar[1];
  reduce<1, 1>(last - first, results, [=](std::size_t i, double* term) {
    const H along = H(b * (q[i] + c * v[i]));
    d[i] = along;
    term[0] = double(g[i]) * double(along);
    term[1] = std::fabs(double(along));
  });
}

/// The direction d = b g. Gives g'd and max |d|.
template <class T, class H>
void steepest(const Operands& o, std::size_t first, std::size_t last, double* results) {
  const T* __restrict g = static_cast<const T*>(o.read[0]) + first;
  H* __restrict d = static_cast<H*>(o.write[0]) + first;
  const double b = o.scalar[0];
  reduce<1, 1>(last - first, results, [=](std::size_t i, double* term) {
    const H along = H(b * g[i]);
    d[i] = along;
    term[0] = double(g[i]) * double(along);
    term[1] = std::fabs(double(along));
  });
}

// L1: see core/lbfgs/orthant.hpp.

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

/// Of a direction d, only what goes down: 0 where it does not have the sign of -v. Gives v'd and max |d|.
template <class T, class H>
void agree(const Operands& o, std::size_t first, std::size_t last, double* results) {
  const T* __restrict v = static_cast<const T*>(o.read[0]) + first;
  H* __restrict d = static_cast<H*>(o.write[0]) + first;
  reduce<1, 1>(last - first, results, [=](std::size_t i, double* term) {
    const double against = v[i], along = d[i];
    const double kept = against > 0 ? (along < 0 ? along : 0.0) : (against < 0 && along > 0 ? along : 0.0);
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
    const T there = left ? T(0) : moved;
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
    term[0] = there != 0 ? d[i] * (v + side) : 0.0;
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

template <class T, class H>
constexpr Passes passes{move<T, H>,     take<T, H>,  compare<T, H>,         dot<T, H>,
                        turn<T, H>,     aim<T, H>,   steepest<T, H>,        penalty<T>,
                        subgradient<T>, agree<T, H>, move_in_orthant<T, H>, compare_in_orthant<T, H>,
                        way<T, H>};

}  // namespace
}  // namespace fastopt::FASTOPT_ISA
