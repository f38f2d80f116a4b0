// From a rule to its rows in the table: all variants, with and without L2, in both dtypes.
#pragma once

#include "sweep.hpp"

namespace fastopt::FASTOPT_ISA {
namespace {

constexpr bool same(const char* a, const char* b) {
  for (; *a != 0 && *a == *b; ++a, ++b) {
  }
  return *a == *b;
}

template <class R>
constexpr int option_index(const char* option) {
  for (int k = 0; option != nullptr && k < R::options.size; ++k)
    if (same(R::options.items[k].text, option)) return k;
  return -1;
}

/// Rules with a `weight_decay` of their own are decoupled; to the others the gradient stage adds L2.
template <class R>
constexpr bool adds_decay() {
  for (int k = 0; k < R::hyper.size; ++k)
    if (same(R::hyper.items[k].text, "weight_decay")) return false;
  return true;
}

/// What the outside sees of a rule: its hyperparameters, then L2's where the gradient stage adds it; its slots.
template <class R, class Hyper = std::make_index_sequence<R::hyper.size>,
          class Slots = std::make_index_sequence<R::state.size>>
struct Published;

template <class R, std::size_t... h, std::size_t... s>
struct Published<R, std::index_sequence<h...>, std::index_sequence<s...>> {
  static constexpr Name names[] = {R::hyper.items[h]..., {"weight_decay"}};
  static constexpr Span<Name> hyper{names, R::hyper.size + (adds_decay<R>() ? 1 : 0)};
  static constexpr Slot slots[] = {{R::state.items[s].name, option_index<R>(R::state.items[s].option)}...,
                                   {nullptr, -1}};
  static constexpr Span<Slot> state{slots, R::state.size};
};

/// One rule in one variant and dtype: the two functions of a Kernel.
template <class R, class T, unsigned variant, bool decay, class Options, class Slots>
struct Compiled;

template <class R, class T, unsigned variant, bool decay, std::size_t... option, std::size_t... slot>
struct Compiled<R, T, variant, decay, std::index_sequence<option...>, std::index_sequence<slot...>> {
  using Lane = typename R::template Lane<T, (variant >> option & 1) != 0 ...>;
  struct Constants {
    Lane lane;
    Gradient<T, decay> gradient;
  };
  static_assert(sizeof(Constants) <= lane_bytes, "raise lane_bytes in table.hpp");
  static_assert(sizeof(typename R::Hyper) == R::hyper.size * sizeof(double), "one name for each double of Hyper");

  static void prepare(void* lane, const double* hyper, double step, bool maximize) {
    typename R::Hyper h;
    __builtin_memcpy(&h, hyper, sizeof h);
    const Constants constants{Lane(h, step), {T(maximize ? -1 : 1), T(decay ? hyper[R::hyper.size] : 0)}};
    __builtin_memcpy(lane, &constants, sizeof constants);
  }

  static void block(const void* lane, void* p, const void* g, void* const* s, std::size_t n) {
    const Constants& c = *static_cast<const Constants*>(lane);
    (void)s;  // rules without state
    sweep<Published<R>::slots[slot].present(variant)...>(c.lane, c.gradient, n, static_cast<T*>(p),
                                                         static_cast<const T*>(g), static_cast<T*>(s[slot])...);
  }

  static constexpr Kernel kernel{prepare, block};
};

/// All kernels of a rule, in the order that Rule::kernel reads: variant, decay, dtype.
template <class R, class Index = std::make_index_sequence<(std::size_t{4} << R::options.size)>>
struct Kernels;

template <class R, std::size_t... i>
struct Kernels<R, std::index_sequence<i...>> {
  template <class T, unsigned variant, bool decay>
  using One = Compiled<R, T, variant, decay, std::make_index_sequence<R::options.size>,
                       std::make_index_sequence<R::state.size>>;

  template <std::size_t k>
  static constexpr Kernel at() {
    constexpr bool decay = (k >> 1 & 1) != 0 && adds_decay<R>();
    if constexpr ((k & 1) == f32)
      return One<float, (k >> 2), decay>::kernel;
    else
      return One<double, (k >> 2), decay>::kernel;
  }
  static constexpr Kernel all[] = {at<i>()...};
};

template <class R>
constexpr Rule rule() {
  static_assert(R::state.size <= max_slots, "raise max_slots in table.hpp");
  static_assert(R::hyper.size < max_hyper, "raise max_hyper in table.hpp");
  return {R::name, Published<R>::hyper, R::options.span(), Published<R>::state, adds_decay<R>(), Kernels<R>::all};
}

template <class All>
struct Rows;

template <template <class...> class Types, class... Each>
struct Rows<Types<Each...>> {
  static constexpr Rule all[] = {rule<Each>()...};
  static constexpr Span<Rule> span{all, sizeof...(Each)};
};

}  // namespace
}  // namespace fastopt::FASTOPT_ISA
