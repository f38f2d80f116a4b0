// The two shapes in which rows of scores are worked on, so that a loss is written once.
//
// A long row is taken alone, many columns at a time. Of short rows, 16 are laid side by side and each column is
// taken for all of them at a time: every operation of a 128 x 10 batch is then on full vectors. Nothing here
// depends on the width of the vectors: sums are over a fixed number of lanes and a fixed tree.
#pragma once

#include "elementary.hpp"
#include "tree.hpp"

namespace fastopt::FASTOPT_ISA {
namespace {

/// One number for each row of a panel.
template <class T, int rows>
struct PerRow {
  T of[rows];
  T operator[](int r) const { return of[r]; }
  T& operator[](int r) { return of[r]; }
};

/// Rows of a batch: column j of row r is element j * rows + r.
template <class T, int rows>
struct Panel {
  std::size_t columns;
  const T* s;            // scores
  const T* y;            // their targets, in losses that have a row of them
  const Column* labels;  // or the right column of each row
  T* g;                  // where the gradient goes: may be where the scores are

  std::size_t right(int r) const { return static_cast<std::size_t>(labels[r]) * rows + static_cast<std::size_t>(r); }
};

struct Sum {
  static constexpr double start = 0;
  static constexpr std::size_t block = 1024;  // elements whose sum is rounded to T
  template <class T>
  T operator()(T a, T b) const {
    return a + b;
  }
};

struct Max {
  static constexpr double start = -INFINITY;
  static constexpr std::size_t block = SIZE_MAX;
  template <class T>
  T operator()(T a, T b) const {
    return a > b ? a : b;
  }
};

struct Min {
  static constexpr double start = INFINITY;
  static constexpr std::size_t block = SIZE_MAX;
  template <class T>
  T operator()(T a, T b) const {
    return a < b ? a : b;
  }
};

/// All f(i) for i < n by `op`, in 32 lanes. Called once for each, so f may write element i. The lanes end in double
/// every `block` elements: however long, the error of a sum stays at some units.
template <class T, class Op, class F>
[[gnu::always_inline]] inline double fold(std::size_t n, const Op op, const F f) {
  constexpr int lanes = 32;
  constexpr std::size_t block = Op::block;
  double all = Op::start;
  for (std::size_t first = 0; first < n; first += block) {
    const std::size_t last = n - first < block ? n : first + block;
    T lane[lanes];
    for (int l = 0; l < lanes; ++l) lane[l] = T(Op::start);
    std::size_t i = first;
    for (; i + lanes <= last; i += lanes) {
#pragma omp simd
      for (std::size_t l = 0; l < lanes; ++l) lane[l] = op(lane[l], f(i + l));
    }
#pragma omp simd
    for (std::size_t l = 0; l < last - i; ++l) lane[l] = op(lane[l], f(i + l));
    all = op(all, static_cast<double>(tree<lanes>(lane, op)));
  }
  return all;
}

/// All f(i, r) of each row r by `op`, i the element. Called once for each, so f may write element i.
template <class T, int rows, class Op, class F>
[[gnu::always_inline]] inline PerRow<T, rows> fold_rows(std::size_t columns, const Op op, const F f) {
  PerRow<T, rows> all;
  if constexpr (rows == 1) {
    all[0] = static_cast<T>(fold<T>(columns, op, [f](std::size_t i) { return f(i, 0); }));
  } else {
    for (int r = 0; r < rows; ++r) all[r] = T(Op::start);
    for (std::size_t j = 0; j < columns; ++j) {
#pragma omp simd
      for (int r = 0; r < rows; ++r) all[r] = op(all[r], f(j * rows + static_cast<std::size_t>(r), r));
    }
  }
  return all;
}

/// f(i, r) for each element i, r its row.
template <int rows, class F>
[[gnu::always_inline]] inline void each(std::size_t columns, const F f) {
  if constexpr (rows == 1) {
#pragma omp simd
    for (std::size_t j = 0; j < columns; ++j) f(j, 0);
  } else {
    for (std::size_t j = 0; j < columns; ++j) {
#pragma omp simd
      for (int r = 0; r < rows; ++r) f(j * rows + static_cast<std::size_t>(r), r);
    }
  }
}

/// f(r) for each row.
template <int rows, class F>
[[gnu::always_inline]] inline void each_row(const F f) {
#pragma omp simd
  for (int r = 0; r < rows; ++r) f(r);
}

}  // namespace
}  // namespace fastopt::FASTOPT_ISA
