// The driver of losses over rows: cuts a batch into panels.
//
// Such a loss gives `name`, `target`, `parameters` (how many), and
//
//     template <class T, int rows>
//     static PerRow<T, rows> gradient(const Panel<T, rows>&, const double* parameters, double scale);
//
// which writes the gradient times `scale` and returns the values. Where the target is a row it also has `legal`,
// what the target has to be, and `wrong`, which returns for each row of a panel whether it is not: not zero.
#pragma once

#include "panel.hpp"

namespace fastopt::FASTOPT_ISA {
namespace {

constexpr int side_by_side = 16;            // rows of a panel of short rows
constexpr std::size_t longest_short = 64;   // their columns

/// Rows of an array laid side by side. What is missing of the last panel is zero.
template <class T>
struct Tile {
  T of[longest_short * side_by_side];

  void load(const T* from, std::size_t rows, std::size_t columns) {
    for (std::size_t r = 0; r < side_by_side; ++r)
      for (std::size_t j = 0; j < columns; ++j) of[j * side_by_side + r] = r < rows ? from[r * columns + j] : T(0);
  }
  void store(T* to, std::size_t rows, std::size_t columns) const {
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t j = 0; j < columns; ++j) to[r * columns + j] = of[j * side_by_side + r];
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

  static double run(const Batch& b, std::size_t first, std::size_t last) {
    T* const values = static_cast<T*>(b.values);
    double sum = 0;
    panels<true>(b, first, last, [&](const auto& panel, std::size_t row, std::size_t rows) {
      const auto cost = L::gradient(panel, b.parameters, b.scale);
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
      const auto wrong = L::wrong(panel);
      for (std::size_t r = rows; r-- > 0;)
        if (wrong.of[r] != T(0) && row + r < found) found = row + r;
    });
    return found;
  }

  static constexpr LossKernel kernel() {
    if constexpr (by_label)
      return {run, nullptr};
    else
      return {run, judge};
  }
};

}  // namespace
}  // namespace fastopt::FASTOPT_ISA
