// Cross-entropy of the softmax of the scores: Bishop 2006, section 4.3.4, with the largest score subtracted.
//
// Targets are smoothed by `smoothing` (Szegedy et al. 2016, section 7): keep q + share, with keep = 1 - smoothing
// and share = smoothing / columns.
#pragma once

#include "../panel.hpp"

namespace fastopt::FASTOPT_ISA {
namespace {

/// What a target takes off a gradient, zero where it is tiny: the difference to anything normal is normal, then.
template <class T>
inline T without_tiny(T off) {
  return off < 2 * Least<T>::mean ? T(0) : off;
}

/// A softmax under way: e^(s - top) lies where the gradient goes, `total` is the sum of a row.
template <class T, int rows>
struct Softmax {
  PerRow<T, rows> top, total;

  explicit Softmax(const Panel<T, rows>& x)
      : top(fold_rows<T, rows>(x.columns, Max{}, [s = x.s](std::size_t i, int) { return s[i]; })) {}

  /// The scores are read for the last time: the gradient may lie in their place.
  void exponentials(const Panel<T, rows>& x) {
    total = fold_rows<T, rows>(x.columns, Sum{}, [s = x.s, g = x.g, top = top](std::size_t i, int r) {
      return g[i] = exp_nonpositive(s[i] - top[r]);
    });
  }

  /// weight * softmax - rest(i, r). Where the first term would be a denormal number it is zero: those slow down
  /// whatever multiplies them later. `rest` is without tiny numbers.
  template <class Rest>
  void finish(const Panel<T, rows>& x, const PerRow<T, rows>& weight, const Rest rest) const {
    PerRow<T, rows> factor, least;
    each_row<rows>([&](int r) {
      factor[r] = weight[r] / total[r];
      least[r] = Least<T>::normal * (total[r] / weight[r]);
    });
    each<rows>(x.columns, [g = x.g, factor, least, rest](std::size_t i, int r) {
      g[i] = (g[i] < least[r] ? T(0) : g[i]) * factor[r] - rest(i, r);
    });
  }
};

/// Against the right column of each row.
struct SoftmaxLabels {
  static constexpr auto name = "softmax_cross_entropy";
  static constexpr auto target_name = "labels";
  static constexpr auto target = Target::label;
  static constexpr auto parameter = "label_smoothing";
  static constexpr const char* legal = nullptr;

  template <class T, int rows>
  static PerRow<T, rows> gradient(const Panel<T, rows>& x, double smoothing, double scale) {
    const T keep = T(1 - smoothing), share = T(smoothing / static_cast<double>(x.columns));
    Softmax<T, rows> softmax(x);
    PerRow<T, rows> cost, weight;
    for (int r = 0; r < rows; ++r) {
      cost[r] = keep * (softmax.top[r] - x.s[x.right(r)]);
      weight[r] = T(scale);
    }
    if (smoothing > 0) {
      const auto below = fold_rows<T, rows>(
          x.columns, Sum{}, [=, s = x.s, top = softmax.top](std::size_t i, int r) { return share * (top[r] - s[i]); });
      for (int r = 0; r < rows; ++r) cost[r] += below[r];
    }
    softmax.exponentials(x);
    each_row<rows>([&](int r) { cost[r] += log_normal(softmax.total[r]); });
    softmax.finish(x, weight, [off = without_tiny(share * T(scale))](std::size_t, int) { return off; });
    for (int r = 0; r < rows; ++r) x.g[x.right(r)] -= keep * T(scale);
    return cost;
  }
};

/// Against a row of probabilities, p log p = 0 for p = 0. Without `entropy`, the sum of - p log softmax; with it, the
/// divergence of Kullback & Leibler 1951, the sum of p (log p - log softmax). Their gradients are the same.
template <bool entropy>
struct SoftmaxRows {
  static constexpr auto name = entropy ? "kl_divergence" : "softmax_cross_entropy_rows";
  static constexpr auto target_name = entropy ? "probabilities" : "labels";
  static constexpr auto target = Target::row;
  static constexpr auto parameter = "label_smoothing";
  static constexpr auto legal = "probabilities (not negative, sum 1 to within 0.001)";

  /// Rounding aside, the sum is 1: a thousandth is much more than float32 loses.
  template <class T, int rows>
  static PerRow<T, rows> wrong(const Panel<T, rows>& x) {
    auto sum = fold_rows<T, rows>(x.columns, Sum{}, [y = x.y](std::size_t i, int) { return y[i]; });
    const auto least = fold_rows<T, rows>(x.columns, Min{}, [y = x.y](std::size_t i, int) { return y[i]; });
    for (int r = 0; r < rows; ++r) sum[r] = least[r] >= T(0) && absolute(sum[r] - T(1)) <= T(1e-3) ? T(0) : T(1);
    return sum;
  }

  template <class T, int rows>
  static PerRow<T, rows> gradient(const Panel<T, rows>& x, double smoothing, double scale) {
    const T keep = T(1 - smoothing), share = T(smoothing / static_cast<double>(x.columns));
    const auto q = [y = x.y, keep, share](std::size_t i) { return keep * y[i] + share; };
    Softmax<T, rows> softmax(x);
    auto weight = fold_rows<T, rows>(x.columns, Sum{}, [q](std::size_t i, int) { return q(i); });
    auto cost = fold_rows<T, rows>(x.columns, Sum{}, [q, s = x.s, top = softmax.top](std::size_t i, int r) {
      const T p = q(i);
      const T log_p = entropy ? log_normal(p) : T(0);
      return p < Least<T>::normal ? T(0) : p * (log_p + (top[r] - s[i]));
    });
    softmax.exponentials(x);
    each_row<rows>([&](int r) {
      cost[r] += weight[r] * log_normal(softmax.total[r]);
      weight[r] *= T(scale);
    });
    softmax.finish(x, weight, [q, scale = T(scale)](std::size_t i, int) { return without_tiny(q(i) * scale); });
    return cost;
  }
};

}  // namespace
}  // namespace fastopt::FASTOPT_ISA
