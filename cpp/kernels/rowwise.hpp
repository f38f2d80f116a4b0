// The driver of losses over rows: cuts a batch into panels.
//
// Such a loss gives `name`, `target`, `target_name`, `parameter` (the name of its only one, or null), and
//
//     template <class T, int rows>
//     static PerRow<T, rows> gradient(const Panel<T, rows>&, double given, double scale);
//
// which writes the gradient times `scale` and returns the values. `legal` says what a target has to be, null where
// there is nothing to be judged; then `wrong` returns for each row of a panel whether it is not (not 0).
#pragma once

#include "panel.hpp"

namespace fastopt::FASTOPT_ISA {
namespace {

constexpr int side_by_side = 16;            // rows of a panel of short rows
constexpr std::size_t longest_short = 128;  // their columns

/// to[j][i] = from[i][j] for i, j < 4, the rows `from_row` and `to_row` apart.
template <class T>
inline void transpose4(const T* from, std::size_t from_row, T* to, std::size_t to_row) {
#if __has_builtin(__builtin_shufflevector)
  typedef T Four __attribute__((vector_size(4 * sizeof(T))));
  Four a, b, c, d;
  __builtin_memcpy(&a, from, sizeof a);
  __builtin_memcpy(&b, from + from_row, sizeof b);
  __builtin_memcpy(&c, from + 2 * from_row, sizeof c);
  __builtin_memcpy(&d, from + 3 * from_row, sizeof d);
  const Four ab = __builtin_shufflevector(a, b, 0, 4, 1, 5), ab_right = __builtin_shufflevector(a, b, 2, 6, 3, 7);
  const Four cd = __builtin_shufflevector(c, d, 0, 4, 1, 5), cd_right = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  a = __builtin_shufflevector(ab, cd, 0, 1, 4, 5);
  b = __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
  c = __builtin_shufflevector(ab_right, cd_right, 0, 1, 4, 5);
  d = __builtin_shufflevector(ab_right, cd_right, 2, 3, 6, 7);
  __builtin_memcpy(to, &a, sizeof a);
  __builtin_memcpy(to + to_row, &b, sizeof b);
  __builtin_memcpy(to + 2 * to_row, &c, sizeof c);
  __builtin_memcpy(to + 3 * to_row, &d, sizeof d);
#else  // GCC 11: slower, the same numbers
  for (std::size_t i = 0; i < 4; ++i)
    for (std::size_t j = 0; j < 4; ++j) to[j * to_row + i] = from[i * from_row + j];
#endif
}

/// Rows of an array laid side by side. What is missing of the last panel is zero.
template <class T>
struct Tile {
  alignas(64) T of[longest_short * side_by_side];

  void load(const T* from, std::size_t rows, std::size_t columns) {
    if (rows == side_by_side && columns >= 4)
      return by_fours(columns, [&](std::size_t r, std::size_t j) {
        transpose4(from + r * columns + j, columns, of + j * side_by_side + r, side_by_side);
      });
    if (rows < side_by_side)
      for (std::size_t k = 0; k < columns * side_by_side; ++k) of[k] = 0;
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t j = 0; j < columns; ++j) of[j * side_by_side + r] = from[r * columns + j];
  }

  void store(T* to, std::size_t rows, std::size_t columns) const {
    if (rows == side_by_side && columns >= 4)
      return by_fours(columns, [&](std::size_t r, std::size_t j) {
        transpose4(of + j * side_by_side + r, side_by_side, to + r * columns + j, columns);
      });
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t j = 0; j < columns; ++j) to[r * columns + j] = of[j * side_by_side + r];
  }

 private:
  /// f(r, j) of the first row and column of each block of 4 x 4; the last of a row may overlap its neighbour.
  template <class F>
  static void by_fours(std::size_t columns, const F f) {
    for (std::size_t r = 0; r < side_by_side; r += 4) {
      for (std::size_t j = 0; j + 4 < columns; j += 4) f(r, j);
      f(r, columns - 4);
    }
  }
};

template <class L, class T>
struct RowLoss {
  static constexpr bool by_label = L::target == Target::label;

  static const T* scores(const Batch& b, std::size_t row) { return static_cast<const T*>(b.s) + row * b.columns; }
  static const T* targets(const Batch& b, std::size_t row) {
    return by_label ? nullptr : static_cast<const T*>(b.y) + row * b.columns;
  }
  static const Column* labels(const Batch& b, std::size_t row) {
    return by_label ? static_cast<const Column*>(b.y) + row : nullptr;
  }
  static T* gradients(const Batch& b, std::size_t row) { return static_cast<T*>(b.g) + row * b.columns; }

  /// Give `use` the panels of these rows, with the first row of each and how many of its rows there are.
  template <bool write, class Use>
  static void panels(const Batch& b, std::size_t first, std::size_t last, const Use use) {
    if (b.columns > longest_short) {
      for (std::size_t row = first; row < last; ++row)
        use(Panel<T, 1>{b.columns, scores(b, row), targets(b, row), labels(b, row), gradients(b, row)}, row, 1);
      return;
    }
    Tile<T> s, y;
    for (std::size_t row = first; row < last; row += side_by_side) {
      const std::size_t rows = last - row < side_by_side ? last - row : side_by_side;
      Column right[side_by_side] = {};
      if (write) s.load(scores(b, row), rows, b.columns);
      if constexpr (by_label)
        for (std::size_t r = 0; r < rows; ++r) right[r] = labels(b, row)[r];
      else
        y.load(targets(b, row), rows, b.columns);
      use(Panel<T, side_by_side>{b.columns, s.of, y.of, right, s.of}, row, rows);
      if (write) s.store(gradients(b, row), rows, b.columns);
    }
  }

  /// A function of its own for each shape of panel, so that .ci/check_kernels.py sees whether it is vectorised.
  template <int rows>
  [[gnu::noinline]] static PerRow<T, rows> gradient(const Panel<T, rows>& panel, const Batch& b) {
    return L::gradient(panel, b.parameter, b.scale);
  }
  template <int rows>
  [[gnu::noinline]] static PerRow<T, rows> wrong(const Panel<T, rows>& panel) {
    return L::wrong(panel);
  }

  static double run(const Batch& b, std::size_t first, std::size_t last) {
    T* const values = static_cast<T*>(b.values);
    double sum = 0;
    panels<true>(b, first, last, [&](const auto& panel, std::size_t row, std::size_t rows) {
      const auto cost = gradient(panel, b);
      for (std::size_t r = 0; r < rows; ++r) {
        sum += static_cast<double>(cost.of[r]);
        if (values != nullptr) values[row + r] = cost.of[r];
      }
    });
    return sum;
  }

  static std::size_t judge(const Batch& b, std::size_t first, std::size_t last) {
    std::size_t found = last;
    panels<false>(b, first, last, [&](const auto& panel, std::size_t row, std::size_t rows) {
      const auto is_wrong = wrong(panel);
      for (std::size_t r = rows; r-- > 0;)
        if (is_wrong.of[r] != T(0) && row + r < found) found = row + r;
    });
    return found;
  }

  static constexpr auto judging() -> decltype(LossKernel::judge) {
    if constexpr (L::legal != nullptr)
      return judge;
    else
      return nullptr;
  }
  static constexpr LossKernel kernel{run, judging()};
};

}  // namespace
}  // namespace fastopt::FASTOPT_ISA
