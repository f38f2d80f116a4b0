// Passes over many vectors of the history at once, the columns of a matrix C: see core/lbfgs/history.hpp
// and compact.hpp.
#pragma once

#include <utility>

#include "reduce.hpp"
#include "table.hpp"

namespace fastopt::FASTOPT_ISA {
namespace {

static_assert(column_room == sum_lanes);

/// Elements of one column that are read before its neighbour's turn: so few that the processor fetches ahead in all
/// columns, which then come at the speed of one.
constexpr std::size_t chunk = 32;

/// Call f(i, n) for elements i to i + n - 1 of a chunk, whole chunks with a constant n.
template <class F>
[[gnu::always_inline]] inline void by_chunks(std::size_t first, std::size_t last, const F f) {
  for (; first + chunk <= last; first += chunk) f(first, chunk);
  if (first < last) f(first, last - first);
}

template <class H>
inline const H* column(const Columns& c, int k) {
  return static_cast<const H*>(c.column[k]);
}

template <int k>
using Many = std::integral_constant<int, k>;

/// Call f(k, many) for columns k to k + many - 1, four at a time: what they are multiplied with, or added to, then
/// stays in a register.
template <class F>
[[gnu::always_inline]] inline void by_columns(int count, const F f) {
  int k = 0;
  for (; k + 4 <= count; k += 4) f(k, Many<4>{});
  if (count - k == 3) f(k, Many<3>{});
  if (count - k == 2) f(k, Many<2>{});
  if (count - k == 1) f(k, Many<1>{});
}

/// Add the products of columns from k on with v, over elements `first` to `first + n - 1`, to 16 lanes for each column.
template <class H, class V, int many>
[[gnu::always_inline]] inline void add_products(const Columns& c, int k, Many<many>, const V* __restrict v,
                                                std::size_t first, std::size_t n, double* results) {
  const H* a[many];
  for (int j = 0; j < many; ++j) a[j] = column<H>(c, k + j) + first;
  double* __restrict lane = results + static_cast<std::size_t>(k) * sum_lanes;
  double sum[many][sum_lanes];
  for (int j = 0; j < many; ++j) {
#pragma omp simd
    for (std::size_t l = 0; l < sum_lanes; ++l) sum[j][l] = lane[static_cast<std::size_t>(j) * sum_lanes + l];
  }
  const auto add = [&](std::size_t i, std::size_t l) __attribute__((always_inline)) {
    const double with = v[i];
    for (int j = 0; j < many; ++j) sum[j][l] += double(a[j][i]) * with;
  };
  std::size_t i = 0;
  for (; i + sum_lanes <= n; i += sum_lanes) {
#pragma omp simd
    for (std::size_t l = 0; l < sum_lanes; ++l) add(i + l, l);
  }
#pragma omp simd
  for (std::size_t l = 0; l < n - i; ++l) add(i + l, l);
  for (int j = 0; j < many; ++j) {
#pragma omp simd
    for (std::size_t l = 0; l < sum_lanes; ++l) lane[static_cast<std::size_t>(j) * sum_lanes + l] = sum[j][l];
  }
}

/// The first `count` results out of their lanes.
inline void join_lanes(double* results, int count) {
  for (int k = 0; k < count; ++k)
    results[k] =
        tree<sum_lanes>(results + static_cast<std::size_t>(k) * sum_lanes, [](double a, double b) { return a + b; });
}

/// scale v + C factor, of elements `first` to `first + n - 1`.
template <class H, class V>
[[gnu::always_inline]] inline void combination(const Columns& c, const V* __restrict v, std::size_t first,
                                               std::size_t n, double* __restrict sum) {
  const double scale = c.scale;
#pragma omp simd
  for (std::size_t i = 0; i < n; ++i) sum[i] = scale * double(v[i]);
  by_columns(c.count, [=](int k, auto many) __attribute__((always_inline)) {
    const H* a[many];
    double factor[many];
    for (int j = 0; j < many; ++j) a[j] = column<H>(c, k + j) + first, factor[j] = c.factor[k + j];
#pragma omp simd
    for (std::size_t i = 0; i < n; ++i) {
      double all = sum[i];
      for (int j = 0; j < many; ++j) all += factor[j] * double(a[j][i]);
      sum[i] = all;
    }
  });
}

/// C'v.
template <class T, class H>
void products(const Columns& c, std::size_t first, std::size_t last, double* results) {
  const T* v = static_cast<const T*>(c.v);
  by_chunks(first, last, [=](std::size_t i, std::size_t n) __attribute__((always_inline)) {
    by_columns(c.count, [=](int k, auto many)
                            __attribute__((always_inline)) { add_products<H>(c, k, many, v + i, i, n, results); });
  });
  join_lanes(results, c.count);
}

/// C'(v + scale w), and then C'w, of a vector w of the history.
template <class T, class H>
void survey(const Columns& c, std::size_t first, std::size_t last, double* results) {
  const T* v = static_cast<const T*>(c.v);
  const H* w = static_cast<const H*>(c.w);
  const double scale = c.scale;
  double* of_w = results + static_cast<std::size_t>(c.count) * sum_lanes;
  by_chunks(first, last, [=](std::size_t from, std::size_t n) __attribute__((always_inline)) {
    double sum[chunk];
#pragma omp simd
    for (std::size_t i = 0; i < n; ++i) sum[i] = double(v[from + i]) + scale * double(w[from + i]);
    by_columns(c.count, [=, &sum](int k, auto many) __attribute__((always_inline)) {
      add_products<H>(c, k, many, sum, from, n, results);
      add_products<H>(c, k, many, w + from, from, n, of_w);
    });
  });
  join_lanes(results, 2 * c.count);
}

/// Rows of C'C from `first_row` on, each up to the diagonal.
template <class T, class H>
void gram(const Columns& c, std::size_t first, std::size_t last, double* results) {
  constexpr std::size_t most = 512;  // elements of one column that stay in the cache while the others pass
  for (std::size_t from = first; from < last; from += most) {
    const std::size_t n = last - from < most ? last - from : most;
    const auto at = [&](int k) { return column<H>(c, k) + from; };
    const T* __restrict breaks = c.breaks == nullptr ? nullptr : static_cast<const T*>(c.breaks) + from;
    const double time = c.time;
    double* out = results;
    for (int row = c.first_row; row < c.count; ++row) {
      const H* __restrict w = at(row);
      for (int k = 0; k <= row; k += 4) {
        const auto other = [&](int j) { return at(k + j < row ? k + j : row); };
        const H* __restrict a0 = other(0), * __restrict a1 = other(1), * __restrict a2 = other(2), * __restrict a3 = other(3);
        double part[4];
        const auto dots = [=](std::size_t i, double left, double* term) __attribute__((always_inline)) {
          term[0] = left * double(a0[i]);
          term[1] = left * double(a1[i]);
          term[2] = left * double(a2[i]);
          term[3] = left * double(a3[i]);
        };
        if (breaks == nullptr)
          reduce<4, 0>(n, part, [=](std::size_t i, double* term) { dots(i, w[i], term); });
        else
          reduce<4, 0>(n, part,
                       [=](std::size_t i, double* term) { dots(i, breaks[i] > time ? double(w[i]) : 0.0, term); });
        for (int j = 0; j < 4 && k + j <= row; ++j) *out++ += part[j];
      }
    }
  }
}

/// out = scale v + C factor; may be v.
template <class T, class H>
void combine(const Columns& c, std::size_t first, std::size_t last, double*) {
  const T* v = static_cast<const T*>(c.v);
  T* out = static_cast<T*>(c.out);
  const T* breaks = static_cast<const T*>(c.breaks);
  const double time = c.time;
  by_chunks(first, last, [=](std::size_t from, std::size_t n) __attribute__((always_inline)) {
    double sum[chunk];
    combination<H>(c, v + from, from, n, sum);
    if (breaks == nullptr) {
#pragma omp simd
      for (std::size_t i = 0; i < n; ++i) out[from + i] = T(sum[i]);
    } else {
#pragma omp simd
      for (std::size_t i = 0; i < n; ++i) out[from + i] = breaks[from + i] > time ? T(sum[i]) : T(0);
    }
  });
}

/// out = scale v + C factor. Gives C'out.
template <class T, class H>
void descend(const Columns& c, std::size_t first, std::size_t last, double* results) {
  const T* v = static_cast<const T*>(c.v);
  T* out = static_cast<T*>(c.out);
  by_chunks(first, last, [=](std::size_t from, std::size_t n) __attribute__((always_inline)) {
    double sum[chunk];
    combination<H>(c, v + from, from, n, sum);
#pragma omp simd
    for (std::size_t i = 0; i < n; ++i) out[from + i] = T(sum[i]);
    by_columns(c.count, [=](int k, auto many) __attribute__((always_inline)) {
      add_products<H>(c, k, many, out + from, from, n, results);
    });
  });
  join_lanes(results, c.count);
}

/// out = scale v + C factor, in the numbers of the history; may be v, if it has such numbers. Gives w'out and
/// max |out|.
template <class T, class H>
void ascend(const Columns& c, std::size_t first, std::size_t last, double* results) {
  const T* v = static_cast<const T*>(c.v);
  const T* w = static_cast<const T*>(c.w);
  H* out = static_cast<H*>(c.out);
  double* most = results + sum_lanes;
  by_chunks(first, last, [=](std::size_t from, std::size_t n) __attribute__((always_inline)) {
    double sum[chunk];
    combination<H>(c, v + from, from, n, sum);
#pragma omp simd
    for (std::size_t i = 0; i < n; ++i) out[from + i] = H(sum[i]);
    for (std::size_t i = 0; i < n; i += sum_lanes) {
      const std::size_t some = n - i < sum_lanes ? n - i : sum_lanes;
#pragma omp simd
      for (std::size_t l = 0; l < some; ++l) {
        const double down = out[from + i + l];
        results[l] += double(w[from + i + l]) * down;
        most[l] = larger(std::fabs(down), most[l]);
      }
    }
  });
  join_lanes(results, 1);
  results[1] = tree<sum_lanes>(most, larger);
}

}  // namespace
}  // namespace fastopt::FASTOPT_ISA
