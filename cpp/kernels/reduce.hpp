// Sums and maxima over elements, in an order that depends on nothing but the number of elements: 16 lanes of
// double, whatever the width of the vectors, and the tree over them.
#pragma once

#include <cmath>
#include <cstddef>

#include "tree.hpp"

namespace fastopt::FASTOPT_ISA {
namespace {

constexpr std::size_t sum_lanes = 16;

inline double larger(double a, double b) { return a > b ? a : b; }

/// Over all i < n: the sums of the first `sums` terms that f(i, terms) gives, the maxima of the `maxima` after
/// them. f is called once for each i in any order, so it may write element i. Maxima are of numbers >= 0, and
/// pass over NaN.
template <int sums, int maxima, class F>
[[gnu::always_inline]] inline void reduce(std::size_t n, double* results, const F f) {
  constexpr int terms = sums + maxima;
  double lane[terms == 0 ? 1 : terms][sum_lanes] = {};
  const auto add = [&](std::size_t i, std::size_t l) __attribute__((always_inline)) {
    double term[terms == 0 ? 1 : terms];
    f(i, term);
    for (int k = 0; k < sums; ++k) lane[k][l] += term[k];
    for (int k = sums; k < terms; ++k) lane[k][l] = larger(term[k], lane[k][l]);
  };
  std::size_t i = 0;
  for (; i + sum_lanes <= n; i += sum_lanes) {
#pragma omp simd
    for (std::size_t l = 0; l < sum_lanes; ++l) add(i + l, l);
  }
#pragma omp simd
  for (std::size_t l = 0; l < n - i; ++l) add(i + l, l);
  for (int k = 0; k < sums; ++k) results[k] = tree<sum_lanes>(lane[k], [](double a, double b) { return a + b; });
  for (int k = sums; k < terms; ++k) results[k] = tree<sum_lanes>(lane[k], larger);
}

}  // namespace
}  // namespace fastopt::FASTOPT_ISA
