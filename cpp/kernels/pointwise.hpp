// The driver of losses of one score and one target: the batch is one long row.
//
// Such a loss gives `name`, `target`, `target_name`, `parameter` (the name of its only one, or null), `legal` (what
// a target has to be, or null), and
//
//     template <class T> struct Lane {
//       explicit Lane(double given);
//       static bool is_legal(T y);                                // where `legal` is not null
//       void operator()(T s, T y, T& value, T& slope) const;      // the formula
//     };
#pragma once

#include "panel.hpp"

namespace fastopt::FASTOPT_ISA {
namespace {

template <class L, class T>
struct PointwiseLoss {
  using Lane = typename L::template Lane<T>;

  template <bool keep>
  static double run_with(const Batch& b, std::size_t first, std::size_t last) {
    const Lane lane(b.parameter);
    const T *s = static_cast<const T*>(b.s) + first, *y = static_cast<const T*>(b.y) + first;
    T *const g = static_cast<T*>(b.g) + first, *const values = keep ? static_cast<T*>(b.values) + first : nullptr;
    // A gradient that would be a denormal number is zero: those slow down whatever multiplies them later.
    const T scale = T(b.scale), least = Least<T>::normal / scale;
    // Values are finite where their sum is not: what is added up in T is so small that `block` of them do not overflow.
    constexpr T part = T(1) / T(Sum::block);
    return T(Sum::block) * fold<T>(last - first, Sum{}, [=](std::size_t i) {
             T value, slope;
             lane(s[i], y[i], value, slope);
             g[i] = (absolute(slope) < least ? T(0) : slope) * scale;
             if constexpr (keep) values[i] = value;
             return value * part;
           });
  }

  static double run(const Batch& b, std::size_t first, std::size_t last) {
    return b.values == nullptr ? run_with<false>(b, first, last) : run_with<true>(b, first, last);
  }

  static std::size_t judge(const Batch& b, std::size_t first, std::size_t last) {
    const T* y = static_cast<const T*>(b.y);
    const auto wrong =
        fold<T>(last - first, Sum{}, [y = y + first](std::size_t i) { return Lane::is_legal(y[i]) ? T(0) : T(1); });
    if (wrong == 0) return last;
    while (Lane::is_legal(y[first])) ++first;
    return first;
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
