// The passes of quasi-Newton methods over long vectors: each does all that can be done with what it reads.
// Numbers are stored as T (points and gradients) or H (pairs of the history) and computed in double.
#pragma once

#include "passes_box.hpp"
#include "passes_columns.hpp"
#include "passes_orthant.hpp"
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

/// Gives max |x v|: what the value changes by, to first order, where an element changes by all of itself.
template <class T>
void relative(const Operands& o, std::size_t first, std::size_t last, double* results) {
  const T* __restrict x = static_cast<const T*>(o.read[0]) + first;
  const T* __restrict v = static_cast<const T*>(o.read[1]) + first;
  reduce<0, 1>(last - first, results,
               [=](std::size_t i, double* term) { term[0] = std::fabs(double(x[i]) * double(v[i])); });
}

/// The direction d = b x^2 v. Gives v'd and max |d|.
template <class T, class H>
void steepest_relative(const Operands& o, std::size_t first, std::size_t last, double* results) {
  const T* __restrict x = static_cast<const T*>(o.read[0]) + first;
  const T* __restrict v = static_cast<const T*>(o.read[1]) + first;
  H* __restrict d = static_cast<H*>(o.write[0]) + first;
  const double b = o.scalar[0];
  reduce<1, 1>(last - first, results, [=](std::size_t i, double* term) {
    const H along = H(b * (double(x[i]) * double(v[i])) * double(x[i]));
    d[i] = along;
    term[0] = double(v[i]) * double(along);
    term[1] = std::fabs(double(along));
  });
}

template <class T, class H>
constexpr Passes passes_of{{move<T, H>, 0},
                           {take<T, H>, 1},
                           {compare<T, H>, 3},
                           {dot<T, H>, 1},
                           {steepest<T, H>, 1},
                           {relative<T>, 0},
                           {steepest_relative<T, H>, 1},
                           {penalty<T>, 1},
                           {subgradient<T>, 0},
                           {lead<T, H>, 1},
                           {move_in_orthant<T, H>, 1},
                           {compare_in_orthant<T, H>, 3},
                           {way<T, H>, 0},
                           {clip<T>, 0},
                           {free_slopes<T>, 0},
                           {move_in_box<T, H>, 0},
                           {compare_in_box<T, H>, 3},
                           {downhill_in_box<T, H>, 2},
                           {room<T, H>, 0},
                           {breaks<T>, 2},
                           {reach<T>, 0},
                           {bend<T, H>, 1},
                           products<T, H>,
                           gram<T, H>,
                           combine<T, H>,
                           survey<T, H>,
                           descend<T, H>,
                           ascend<T, H>};

}  // namespace
}  // namespace fastopt::FASTOPT_ISA
