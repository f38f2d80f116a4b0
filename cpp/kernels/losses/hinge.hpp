// The multiclass support vector machine: Weston & Watkins 1999.
#pragma once

#include "../panel.hpp"

namespace fastopt::FASTOPT_ISA {
namespace {

struct MulticlassHinge {
  static constexpr auto name = "multiclass_hinge";
  static constexpr auto target_name = "labels";
  static constexpr auto target = Target::label;
  static constexpr auto parameter = "margin";
  static constexpr const char* legal = nullptr;

  template <class T, int rows>
  static PerRow<T, rows> gradient(const Panel<T, rows>& x, double given, double scale) {
    PerRow<T, rows> right;
    for (int r = 0; r < rows; ++r) right[r] = x.s[x.right(r)];

    // What each column costs stands where its gradient goes, until its own turn comes.
    each<rows>(x.columns, [s = x.s, g = x.g, right, margin = T(given)](std::size_t i, int r) {
      const T cost = s[i] - right[r] + margin;
      g[i] = cost <= T(0) ? T(0) : cost;
    });
    for (int r = 0; r < rows; ++r) x.g[x.right(r)] = 0;
    auto cost = fold_rows<T, rows>(x.columns, Sum{}, [g = x.g](std::size_t i, int) { return g[i]; });
    const auto count = fold_rows<T, rows>(x.columns, Sum{}, [g = x.g, slope = T(scale)](std::size_t i, int) {
      const T one = g[i] > T(0) ? T(1) : T(0);
      g[i] = one * slope;
      return one;
    });
    for (int r = 0; r < rows; ++r) x.g[x.right(r)] = T(0) - count[r] * T(scale);
    if (x.columns == 1)  // no other column tells of a NaN
      each_row<rows>([&](int r) { cost[r] = right[r] != right[r] ? right[r] : cost[r]; });
    return cost;
  }
};

}  // namespace
}  // namespace fastopt::FASTOPT_ISA
