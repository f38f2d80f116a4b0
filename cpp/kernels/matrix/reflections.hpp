// Orthogonal matrices as products of reflections I - 2 u u', in double: Householder 1958.
#pragma once

#include "../whole.hpp"

namespace fastopt::FASTOPT_ISA {
namespace {

inline double felt(double x) { return Square<double>(1).felt(x); }

/// Turn x, of n numbers, into the unit vector u of the reflection that takes it to (head, 0, 0, ...); zeros where there
/// is nothing to reflect. Returns head.
inline double reflection(double* x, std::size_t n) {
  const double norm = sqrt(total(n, [x](std::size_t i) { return squared(x[i]); }));
  if (norm == 0) {
    for (std::size_t i = 0; i < n; ++i) x[i] = 0;
    return 0;
  }
  const double head = x[0] < 0 ? norm : -norm;
  x[0] = x[0] - head;
  const double length = sqrt(total(n, [x](std::size_t i) { return squared(x[i]); }));
#pragma omp simd
  for (std::size_t i = 0; i < n; ++i) x[i] = felt(x[i] / length);
  return head;
}

/// Reflect columns `first` to `last - 1` of a matrix, of which each row begins `stride` after the one before, by the
/// reflection of u in its `n` rows. `along` has room for a row.
inline void reflect(double* a, std::size_t stride, const double* u, std::size_t n, std::size_t first, std::size_t last,
                    double* along) {
  for (std::size_t j = first; j < last; ++j) along[j] = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double* const row = a + i * stride;
#pragma omp simd
    for (std::size_t j = first; j < last; ++j) along[j] += u[i] * row[j];
  }
#pragma omp simd
  for (std::size_t j = first; j < last; ++j) along[j] = felt(along[j]);
  for (std::size_t i = 0; i < n; ++i) {
    double* const row = a + i * stride;
    const double twice = 2 * u[i];
#pragma omp simd
    for (std::size_t j = first; j < last; ++j) row[j] = felt(row[j] - twice * along[j]);
  }
}

constexpr std::size_t columns_at_a_time = 64;

/// q = H_0 H_1 ... of n x n: row k of `u` has the vector of H_k from its column `k + shift` on.
inline void multiply_out(const Team& team, double* q, const double* u, std::size_t n, std::size_t shift,
                         double* along) {
  share_blocks(team, n, columns_at_a_time, [&](std::size_t first, std::size_t last) {
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = first; j < last; ++j) q[i * n + j] = i == j ? 1 : 0;
    for (std::size_t k = n - (n < 1 + shift ? n : 1 + shift); k-- > 0;) {
      const std::size_t from = k + shift, left = first > from ? first : from;
      if (left < last) reflect(q + from * n, n, u + k * n + from, n - from, left, last, along);
    }
  });
}

/// Replace an n x n matrix by the orthogonal factor Q of A = Q R, whose signs are those of LAPACK.
class Orthogonal {
 public:
  Orthogonal(Room& room, std::size_t n) : u_(room.of<double>(n * n)), along_(room.of<double>(n)), n_(n) {}

  void operator()(const Team& team, double* a) const {
    for (std::size_t k = 0; k + 1 < n_; ++k) {
      double* const u = u_ + k * n_ + k;
      for (std::size_t i = k; i < n_; ++i) u[i - k] = a[i * n_ + k];
      reflection(u, n_ - k);
      share_blocks(team, n_ - k - 1, 2 * columns_at_a_time, [&](std::size_t first, std::size_t last) {
        reflect(a + k * n_, n_, u, n_ - k, k + 1 + first, k + 1 + last, along_);
      });
    }
    multiply_out(team, a, u_, n_, 0, along_);
  }

 private:
  double *u_, *along_;
  std::size_t n_;
};

}  // namespace
}  // namespace fastopt::FASTOPT_ISA
