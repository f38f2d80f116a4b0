// Passes over many vectors of the history at once, the columns of a matrix C: see core/lbfgs/compact.hpp.
#pragma once

#include "reduce.hpp"
#include "table.hpp"

namespace fastopt::FASTOPT_ISA {
namespace {

constexpr std::size_t chunk = 512;  // elements of one column that stay in the cache while the others pass

/// C'v, one result for each column.
template <class T, class H>
void products(const Columns& c, std::size_t first, std::size_t last, double* results) {
  const T* __restrict v = static_cast<const T*>(c.v) + first;
  for (int k = 0; k < c.count; ++k) {
    const H* __restrict a = static_cast<const H*>(c.column[k]) + first;
    reduce<1, 0>(last - first, results + k,
                 [=](std::size_t i, double* term) { term[0] = double(a[i]) * double(v[i]); });
  }
}

/// Rows of C'C from `first_row` on, each up to the diagonal.
template <class T, class H>
void gram(const Columns& c, std::size_t first, std::size_t last, double* results) {
  int many = 0;
  for (int row = c.first_row; row < c.count; ++row) many += row + 1;
  for (int k = 0; k < many; ++k) results[k] = 0;
  for (std::size_t from = first; from < last; from += chunk) {
    const std::size_t n = last - from < chunk ? last - from : chunk;
    const auto at = [&](int k) { return static_cast<const H*>(c.column[k]) + from; };
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

/// scale v + C factor, written to out (which may be v).
template <class T, class H>
void combine(const Columns& c, std::size_t first, std::size_t last, double*) {
  for (std::size_t from = first; from < last; from += chunk) {
    const std::size_t n = last - from < chunk ? last - from : chunk;
    const T* v = static_cast<const T*>(c.v) + from;
    T* out = static_cast<T*>(c.out) + from;
    const double scale = c.scale, time = c.time;
    double sum[chunk];
#pragma omp simd
    for (std::size_t i = 0; i < n; ++i) sum[i] = scale * v[i];
    for (int k = 0; k < c.count; ++k) {
      const H* __restrict a = static_cast<const H*>(c.column[k]) + from;
      const double factor = c.factor[k];
#pragma omp simd
      for (std::size_t i = 0; i < n; ++i) sum[i] += factor * a[i];
    }
    if (c.breaks == nullptr) {
#pragma omp simd
      for (std::size_t i = 0; i < n; ++i) out[i] = T(sum[i]);
    } else {
      const T* __restrict breaks = static_cast<const T*>(c.breaks) + from;
#pragma omp simd
      for (std::size_t i = 0; i < n; ++i) out[i] = breaks[i] > time ? T(sum[i]) : T(0);
    }
  }
}

}  // namespace
}  // namespace fastopt::FASTOPT_ISA
