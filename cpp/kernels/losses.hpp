// The list of all losses: being on it is being registered.
#pragma once

#include "losses/hinge.hpp"
#include "losses/pointwise.hpp"
#include "losses/softmax.hpp"
#include "pointwise.hpp"
#include "rowwise.hpp"

namespace fastopt::FASTOPT_ISA {
namespace {

template <class... Each>
struct LossTypes {};

using Losses = LossTypes<SoftmaxLabels, SoftmaxRows<false>, SoftmaxRows<true>, MulticlassHinge, BinaryCrossEntropy,
                         Logistic, Hinge, SquaredError, Huber>;

template <class L, class T>
using LossDriver = std::conditional_t<L::target == Target::each, PointwiseLoss<L, T>, RowLoss<L, T>>;

template <class L>
constexpr Loss loss() {
  return {L::name,      L::target, L::target_name,
          L::parameter, L::legal,  {LossDriver<L, float>::kernel, LossDriver<L, double>::kernel}};
}

template <class All>
struct LossRows;

template <class... Each>
struct LossRows<LossTypes<Each...>> {
  static constexpr Loss all[] = {loss<Each>()...};
  static constexpr Span<Loss> span{all, sizeof...(Each)};
};

template <class T, class F>
[[gnu::noinline]] void map(const void* x, void* y, std::size_t n, const F f) {
  const T* __restrict from = static_cast<const T*>(x);
  T* __restrict to = static_cast<T*>(y);
#pragma omp simd
  for (std::size_t i = 0; i < n; ++i) to[i] = f(from[i]);
}

template <class T>
void map_exp(const void* x, void* y, std::size_t n) {
  map<T>(x, y, n, [](T v) { return exp_nonpositive(v); });
}
template <class T>
void map_log(const void* x, void* y, std::size_t n) {
  map<T>(x, y, n, [](T v) { return log_normal(v); });
}
template <class T>
void map_log1p(const void* x, void* y, std::size_t n) {
  map<T>(x, y, n, [](T v) { return log1p_unit(v); });
}

constexpr Elementary elementary_all[] = {{"exp", {map_exp<float>, map_exp<double>}},
                                         {"log", {map_log<float>, map_log<double>}},
                                         {"log1p", {map_log1p<float>, map_log1p<double>}}};
constexpr Span<Elementary> elementary_span{elementary_all, 3};

}  // namespace
}  // namespace fastopt::FASTOPT_ISA
