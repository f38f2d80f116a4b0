// Eigenvalues and eigenvectors of symmetric matrices, in double: reflections to tridiagonal form, then the implicit QL
// iteration, as in EISPACK's tred2 and tql2 (Bowdler, Martin, Reinsch & Wilkinson 1968). Every sum has one order.
#pragma once

#include "reflections.hpp"

namespace fastopt::FASTOPT_ISA {
namespace {

class Spectrum {
 public:
  Spectrum(Room& room, std::size_t n)
      : values(room.of<double>(n)),
        vectors(room.of<double>(n * n)),
        n_(n),
        a_(room.of<double>(n * n)),
        beside_(room.of<double>(n)),
        along_(room.of<double>(n)),
        order_(room.of<std::size_t>(n)),
        rotations_(room.of<Rotation>(most())) {}

  double* values;   // in descending order
  double* vectors;  // n x n; row k belongs to value k

  /// Decompose a symmetric matrix; NaN everywhere, if it has a number that is not finite.
  template <class T>
  void operator()(const Team& team, const T* a) const {
    double largest = 0;
    for (std::size_t i = 0; i < n_ * n_; ++i) largest = maximum(largest, absolute(static_cast<double>(a[i])));
    if (!(largest - largest == 0)) {
      for (std::size_t i = 0; i < n_; ++i) values[i] = largest - largest;
      for (std::size_t i = 0; i < n_ * n_; ++i) vectors[i] = largest - largest;
      return;
    }
    int exponent;  // with the largest number near 1, nothing overflows
    std::frexp(largest, &exponent);
    exponent = exponent < -1000 ? -1000 : exponent > 1000 ? 1000 : exponent;
    const double scale = std::ldexp(1.0, -exponent);
    for (std::size_t i = 0; i < n_ * n_; ++i) a_[i] = felt(static_cast<double>(a[i]) * scale);

    make_tridiagonal(team);
    multiply_out(team, vectors, a_, n_, 1, along_);
    for (std::size_t i = 0; i < n_; ++i)
      for (std::size_t j = 0; j < i; ++j) swap(vectors[i * n_ + j], vectors[j * n_ + i]);
    iterate(team);
    for (std::size_t i = 0; i < n_; ++i) values[i] = std::ldexp(values[i], exponent);
    sort();
  }

 private:
  struct Rotation {
    std::size_t row;
    double c, s;
  };

  std::size_t most() const { return 32 * n_; }

  template <class U>
  static void swap(U& a, U& b) {
    const U kept = a;
    a = b;
    b = kept;
  }

  /// The diagonal into `values`, what is beside it into `beside_`, and the vectors of the reflections into the rows
  /// of a_, above the diagonal.
  void make_tridiagonal(const Team& team) const {
    for (std::size_t k = 0; k + 2 < n_; ++k) {
      double* const u = a_ + k * n_ + k + 1;
      double* const rest = u + n_;
      const std::size_t n = n_ - k - 1;
      beside_[k] = reflection(u, n);
      // (I - 2 u u') A (I - 2 u u') = A - u w' - w u' with w = y - (u' y) u, y = 2 A u
      share_blocks(team, n, 2 * columns_at_a_time, [&](std::size_t first, std::size_t last) {
        for (std::size_t j = first; j < last; ++j) along_[j] = 0;
        for (std::size_t i = 0; i < n; ++i) {
          const double* const row = rest + i * n_;
#pragma omp simd
          for (std::size_t j = first; j < last; ++j) along_[j] += u[i] * row[j];
        }
#pragma omp simd
        for (std::size_t j = first; j < last; ++j) along_[j] = felt(2 * along_[j]);
      });
      const double share = total(n, [u, y = along_](std::size_t i) { return u[i] * y[i]; });
#pragma omp simd
      for (std::size_t j = 0; j < n; ++j) along_[j] = felt(along_[j] - share * u[j]);
      share_blocks(team, n, columns_at_a_time, [&](std::size_t first, std::size_t last) {
        for (std::size_t i = first; i < last; ++i) {
          double* const row = rest + i * n_;
          const double of_u = u[i], of_w = along_[i];
#pragma omp simd
          for (std::size_t j = 0; j < n; ++j) row[j] = felt(row[j] - (of_u * along_[j] + of_w * u[j]));
        }
      });
    }
    for (std::size_t i = 0; i < n_; ++i) values[i] = a_[i * n_ + i];
    if (n_ > 1) beside_[n_ - 2] = a_[(n_ - 2) * n_ + n_ - 1];
    if (n_ > 0) beside_[n_ - 1] = 0;
  }

  /// Whether what stands beside value i is nothing beside it and the next one.
  bool split(std::size_t i) const {
    return absolute(beside_[i]) <= 0x1p-52 * (absolute(values[i]) + absolute(values[i + 1]));
  }

  void iterate(const Team& team) const {
    double *const d = values, *const e = beside_;
    std::size_t waiting = 0;
    for (std::size_t l = 0; l < n_; ++l) {
      for (int sweep = 0; sweep < 60; ++sweep) {
        std::size_t m = l;
        while (m + 1 < n_ && !split(m)) ++m;
        if (m == l) break;
        double g = (d[l + 1] - d[l]) / (2 * e[l]);
        double r = sqrt(g * g + 1);
        g = d[m] - d[l] + e[l] / (g + (g < 0 ? -r : r));
        double s = 1, c = 1, shift = 0;
        std::size_t i = m;
        for (; i-- > l;) {
          const double f = s * e[i], b = c * e[i];
          r = sqrt(f * f + g * g);
          e[i + 1] = r;
          if (r == 0) break;
          s = f / r;
          c = g / r;
          g = d[i + 1] - shift;
          r = (d[i] - g) * s + 2 * c * b;
          shift = s * r;
          d[i + 1] = g + shift;
          g = c * r - b;
          rotations_[waiting++] = {i, felt(c), felt(s)};
        }
        if (i + 1 == l) {  // the sweep has come to its end
          d[l] -= shift;
          e[l] = g;
        } else {
          d[i + 1] -= shift;
        }
        e[m] = 0;
        if (waiting + n_ > most()) waiting = rotate(team, waiting);
      }
    }
    rotate(team, waiting);
  }

  /// Turn pairs of rows of the vectors; each column by itself. None are waiting then.
  std::size_t rotate(const Team& team, std::size_t waiting) const {
    share_blocks(team, n_, columns_at_a_time, [&](std::size_t first, std::size_t last) {
      for (std::size_t k = 0; k < waiting; ++k) {
        const Rotation by = rotations_[k];
        double *const x = vectors + by.row * n_, *const y = x + n_;
#pragma omp simd
        for (std::size_t j = first; j < last; ++j) {
          const double f = x[j], g = y[j];
          y[j] = by.s * f + by.c * g;
          x[j] = by.c * f - by.s * g;
        }
      }
    });
    return 0;
  }

  /// Values in descending order, equal ones as they came; their vectors with them, by way of a_.
  void sort() const {
    sort_descending(values, order_, n_);
    for (std::size_t i = 0; i < n_; ++i) {
      beside_[i] = values[order_[i]];
      for (std::size_t j = 0; j < n_; ++j) a_[i * n_ + j] = vectors[order_[i] * n_ + j];
    }
    for (std::size_t i = 0; i < n_; ++i) values[i] = beside_[i];
    for (std::size_t i = 0; i < n_ * n_; ++i) vectors[i] = a_[i];
  }

 public:
  /// order[k]: which of n numbers is the k-th in descending order. NaN comes last.
  static void sort_descending(const double* x, std::size_t* order, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) {
      std::size_t at = i;
      for (; at > 0 && (x[i] > x[order[at - 1]] || (x[i] == x[i] && x[order[at - 1]] != x[order[at - 1]])); --at)
        order[at] = order[at - 1];
      order[at] = i;
    }
  }

 private:
  std::size_t n_;
  double *a_, *beside_, *along_;
  std::size_t* order_;
  Rotation* rotations_;
};

}  // namespace
}  // namespace fastopt::FASTOPT_ISA
