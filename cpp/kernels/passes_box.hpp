// The passes of bounds: see core/lbfgs/box.hpp.
#pragma once

#include "reduce.hpp"
#include "table.hpp"

namespace fastopt::FASTOPT_ISA {
namespace {

/// x within its bounds.
inline double clipped(double x, double lower, double upper) { return x < lower ? lower : x > upper ? upper : x; }

/// Move x into the box.
template <class T>
void clip(const Operands& o, std::size_t first, std::size_t last, double* results) {
  const T* __restrict lower = static_cast<const T*>(o.read[0]) + first;
  const T* __restrict upper = static_cast<const T*>(o.read[1]) + first;
  T* __restrict x = static_cast<T*>(o.write[0]) + first;
  reduce<0, 0>(last - first, results, [=](std::size_t i, double*) { x[i] = T(clipped(x[i], lower[i], upper[i])); });
}

/// |g|, or 0 where -g leads to a bound that x is at: so near that, on the way there, g makes the value fall by no more
/// than `noise`.
inline double free_slope(double x, double g, double lower, double upper, double noise) {
  const double room = g > 0 ? x - lower : upper - x, slope = std::fabs(g);
  return slope * room <= noise ? 0.0 : slope;
}

/// Gives max |g| of the elements that can move.
template <class T>
void free_slopes(const Operands& o, std::size_t first, std::size_t last, double* results) {
  const T* __restrict x = static_cast<const T*>(o.read[0]) + first;
  const T* __restrict g = static_cast<const T*>(o.read[1]) + first;
  const T* __restrict lower = static_cast<const T*>(o.read[2]) + first;
  const T* __restrict upper = static_cast<const T*>(o.read[3]) + first;
  const double noise = o.scalar[0];
  reduce<0, 1>(last - first, results,
               [=](std::size_t i, double* term) { term[0] = free_slope(x[i], g[i], lower[i], upper[i], noise); });
}

/// The point at step a; exactly at a bound that it reaches, up to the rounding of d. Gives max |x + a d|.
template <class T, class H>
void move_in_box(const Operands& o, std::size_t first, std::size_t last, double* results) {
  const T* __restrict x = static_cast<const T*>(o.read[0]) + first;
  const H* __restrict d = static_cast<const H*>(o.read[1]) + first;
  const T* __restrict lower = static_cast<const T*>(o.read[2]) + first;
  const T* __restrict upper = static_cast<const T*>(o.read[3]) + first;
  T* __restrict trial = static_cast<T*>(o.write[0]) + first;
  const double a = o.scalar[0];
  constexpr double nearly = 1 - (sizeof(H) == 4 ? 0x1p-21 : 0x1p-50);
  reduce<0, 1>(last - first, results, [=](std::size_t i, double* term) {
    const double from = x[i], by = a * d[i];
    const double inside = clipped(T(from + by), lower[i], upper[i]);
    const double low = by < 0 && by <= nearly * (lower[i] - from) ? double(lower[i]) : inside;
    const double there = by > 0 && by >= nearly * (upper[i] - from) ? double(upper[i]) : low;
    trial[i] = T(there);
    term[0] = std::fabs(there);
  });
}

/// As `compare`; the maximum is that of `free_slopes` at the trial.
template <class T, class H>
void compare_in_box(const Operands& o, std::size_t first, std::size_t last, double* results) {
  const T* __restrict given = static_cast<const T*>(o.read[0]) + first;
  const T* __restrict g = static_cast<const T*>(o.read[1]) + first;
  const H* __restrict d = static_cast<const H*>(o.read[2]) + first;
  const T* __restrict trial = static_cast<const T*>(o.read[3]) + first;
  const T* __restrict lower = static_cast<const T*>(o.read[4]) + first;
  const T* __restrict upper = static_cast<const T*>(o.read[5]) + first;
  T* __restrict kept = static_cast<T*>(o.write[0]) + first;
  H* __restrict y = static_cast<H*>(o.write[1]) + first;
  const double noise = o.scalar[0];
  reduce<3, 1>(last - first, results, [=](std::size_t i, double* term) {
    const double v = given[i], along = d[i];
    const H change = H(v - double(g[i]));
    kept[i] = T(v);
    y[i] = change;
    term[0] = along * v;
    term[1] = along * double(change);
    term[2] = double(change) * double(change);
    term[3] = free_slope(trial[i], v, lower[i], upper[i], noise);
  });
}

/// The share of its room that a step d from x takes: 1 reaches the bound.
inline double share(double d, double x, double lower, double upper) {
  const double room = d > 0 ? upper - x : d < 0 ? lower - x : 1.0;
  return d / room;
}

/// The largest share of its room that the step d takes.
template <class T, class H>
void room(const Operands& o, std::size_t first, std::size_t last, double* results) {
  const T* __restrict x = static_cast<const T*>(o.read[0]) + first;
  const H* __restrict d = static_cast<const H*>(o.read[1]) + first;
  const T* __restrict lower = static_cast<const T*>(o.read[2]) + first;
  const T* __restrict upper = static_cast<const T*>(o.read[3]) + first;
  reduce<0, 1>(last - first, results,
               [=](std::size_t i, double* term) { term[0] = share(d[i], x[i], lower[i], upper[i]); });
}

/// The direction d = P(x + c g) - x, for c < 0. Gives g'd, d'd, max |d|, and the largest share of the room.
template <class T, class H>
void downhill_in_box(const Operands& o, std::size_t first, std::size_t last, double* results) {
  const T* __restrict x = static_cast<const T*>(o.read[0]) + first;
  const T* __restrict g = static_cast<const T*>(o.read[1]) + first;
  const T* __restrict lower = static_cast<const T*>(o.read[2]) + first;
  const T* __restrict upper = static_cast<const T*>(o.read[3]) + first;
  H* __restrict d = static_cast<H*>(o.write[0]) + first;
  const double c = o.scalar[0];
  reduce<2, 2>(last - first, results, [=](std::size_t i, double* term) {
    const double from = x[i];
    const H along = H(clipped(from + c * g[i], lower[i], upper[i]) - from);
    d[i] = along;
    term[0] = double(g[i]) * double(along);
    term[1] = double(along) * double(along);
    term[2] = std::fabs(double(along));
    term[3] = share(along, from, lower[i], upper[i]);
  });
}

/// The step along -g at which each element meets its bound, and -g of those that can move. Gives the sum of the
/// squares of the latter, how many cannot move, and the largest 1 / break of those that can.
template <class T>
void breaks(const Operands& o, std::size_t first, std::size_t last, double* results) {
  const T* __restrict x = static_cast<const T*>(o.read[0]) + first;
  const T* __restrict g = static_cast<const T*>(o.read[1]) + first;
  const T* __restrict lower = static_cast<const T*>(o.read[2]) + first;
  const T* __restrict upper = static_cast<const T*>(o.read[3]) + first;
  T* __restrict time = static_cast<T*>(o.write[0]) + first;
  T* __restrict along = static_cast<T*>(o.write[1]) + first;
  reduce<2, 1>(last - first, results, [=](std::size_t i, double* term) {
    const double v = g[i], low = lower[i], high = upper[i], room = x[i] - (v < 0 ? high : low);
    const T when = T(v != 0 ? room / v : 1.0 / 0.0);
    const bool moves = when > 0;
    time[i] = when;
    along[i] = moves ? T(-v) : T(0);
    term[0] = moves ? v * v : 0.0;
    term[1] = moves ? 0.0 : 1.0;
    term[2] = moves ? 1.0 / double(when) : 0.0;
  });
}

/// The Cauchy point: P(x - time g).
inline double cauchy(double x, double g, double when, double time, double lower, double upper) {
  const double bound = g < 0 ? upper : lower;
  return when > time ? clipped(x - time * g, lower, upper) : g != 0 ? bound : x;
}

/// The largest share of the room beyond the Cauchy point that the step u takes.
template <class T>
void reach(const Operands& o, std::size_t first, std::size_t last, double* results) {
  const T* __restrict x = static_cast<const T*>(o.read[0]) + first;
  const T* __restrict g = static_cast<const T*>(o.read[1]) + first;
  const T* __restrict when = static_cast<const T*>(o.read[2]) + first;
  const T* __restrict u = static_cast<const T*>(o.read[3]) + first;
  const T* __restrict lower = static_cast<const T*>(o.read[4]) + first;
  const T* __restrict upper = static_cast<const T*>(o.read[5]) + first;
  const double time = o.scalar[0];
  reduce<0, 1>(last - first, results, [=](std::size_t i, double* term) {
    const double from = cauchy(x[i], g[i], when[i], time, lower[i], upper[i]);
    term[0] = share(u[i], from, lower[i], upper[i]);
  });
}

/// The direction d from x to P(c + a u), where c is the Cauchy point. Gives g'd, max |d|, and the largest share of
/// the room.
template <class T, class H>
void bend(const Operands& o, std::size_t first, std::size_t last, double* results) {
  const T* __restrict x = static_cast<const T*>(o.read[0]) + first;
  const T* __restrict g = static_cast<const T*>(o.read[1]) + first;
  const T* __restrict when = static_cast<const T*>(o.read[2]) + first;
  const T* __restrict u = static_cast<const T*>(o.read[3]) + first;
  const T* __restrict lower = static_cast<const T*>(o.read[4]) + first;
  const T* __restrict upper = static_cast<const T*>(o.read[5]) + first;
  H* __restrict d = static_cast<H*>(o.write[0]) + first;
  const double time = o.scalar[0], a = o.scalar[1];
  reduce<1, 2>(last - first, results, [=](std::size_t i, double* term) {
    const double from = x[i], corner = cauchy(from, g[i], when[i], time, lower[i], upper[i]);
    const H along = H(clipped(corner + a * u[i], lower[i], upper[i]) - from);
    d[i] = along;
    term[0] = double(g[i]) * double(along);
    term[1] = std::fabs(double(along));
    term[2] = share(along, from, lower[i], upper[i]);
  });
}

}  // namespace
}  // namespace fastopt::FASTOPT_ISA
