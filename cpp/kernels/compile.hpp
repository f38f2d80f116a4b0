// From a rule to its rows in the table: all variants, with each decay, in both dtypes.
#pragma once

#include "sweep.hpp"
#include "whole.hpp"

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

/// A rule that names another one as `formula` has its kernels.
template <class R, class = void>
struct FormulaOf {
  using type = R;
};

template <class R>
struct FormulaOf<R, std::void_t<typename R::formula>> {
  using type = typename R::formula;
};

/// The slots of a rule, as the outside sees them.
template <class R, class Index = std::make_index_sequence<R::state.size>>
struct Published;

template <class R, std::size_t... s>
struct Published<R, std::index_sequence<s...>> {
  static constexpr Slot slots[] = {
      {R::state.items[s].name, option_index<R>(R::state.items[s].option), R::state.items[s].shape}...,
      {nullptr, -1, Shape::same}};
  static constexpr Span<Slot> state{slots, R::state.size};
};

/// The hyperparameters and flags of a rule, by name.
template <class R>
typename R::Hyper named(const Hyper& hyper) {
  static_assert(sizeof(typename R::Hyper) == (R::hyper.size + R::flags.size) * sizeof(double),
                "one name for each double of Hyper");
  static_assert(R::hyper.size + R::flags.size <= max_hyper, "raise max_hyper in table.hpp");
  typename R::Hyper h;
  __builtin_memcpy(&h, hyper.values, sizeof h);
  return h;
}

/// One rule in one variant, decay and dtype: the functions of a Kernel.
template <class R, class T, unsigned variant, Decay decay, class Options, class Slots>
struct Compiled;

template <class R, class T, unsigned variant, Decay decay, std::size_t... option, std::size_t... slot>
struct Compiled<R, T, variant, decay, std::index_sequence<option...>, std::index_sequence<slot...>> {
  using Lane = typename R::template Lane<T, (variant >> option & 1) != 0 ...>;
  struct Constants {
    Lane lane;
    Before<T, decay> before;
  };
  static_assert(sizeof(Constants) <= lane_bytes, "raise lane_bytes in table.hpp");
  static_assert(R::decays == Decays::own || same(R::hyper.items[0].text, "lr"),
                "the learning rate comes first: decoupled decay is scaled by it");

  static void prepare(void* lane, const Hyper& hyper, const Step& step) {
    const Constants constants{Lane(named<R>(hyper), step), {hyper.values[0], hyper.weight_decay, hyper.maximize}};
    __builtin_memcpy(lane, &constants, sizeof constants);
  }

  static void block(const void* lane, void* p, const void* g, void* const* s, std::size_t n) {
    const Constants& c = *static_cast<const Constants*>(lane);
    (void)s;  // rules without state
    sweep<Published<R>::slots[slot].present(variant)...>(c.lane, c.before, n, static_cast<T*>(p),
                                                         static_cast<const T*>(g), static_cast<T*>(s[slot])...);
  }

  static void sums(const void* lane, const void* p, const void* g, void* const* s, std::size_t n, double* results) {
    const Constants& c = *static_cast<const Constants*>(lane);
    (void)s;
    survey<R::sums.size, Published<R>::slots[slot].present(variant)...>(
        c.lane, c.before, n, results, static_cast<const T*>(p), static_cast<const T*>(g),
        static_cast<const T*>(s[slot])...);
  }

  static constexpr Kernel kernel() {
    if constexpr (R::sums.size > 0) return {prepare, block, sums};
    return {prepare, block, nullptr};
  }
};

/// All kernels of a rule, in the order that Rule::kernel reads: variant, decay, dtype.
template <class R, class Index = std::make_index_sequence<(std::size_t{6} << R::options.size)>>
struct Kernels;

template <class R, std::size_t... i>
struct Kernels<R, std::index_sequence<i...>> {
  template <class T, unsigned variant, Decay decay>
  using One = Compiled<R, T, variant, decay, std::make_index_sequence<R::options.size>,
                       std::make_index_sequence<R::state.size>>;

  template <std::size_t k>
  static constexpr Kernel at() {
    constexpr Decay decay = R::decays == Decays::own ? Decay::none : static_cast<Decay>(k / 2 % 3);
    if constexpr (k % 2 == f32)
      return One<float, k / 6, decay>::kernel();
    else
      return One<double, k / 6, decay>::kernel();
  }
  static constexpr Kernel all[] = {at<i>()...};
};

/// A rule that looks at whole arrays, in one dtype: the functions of a WholeKernel.
template <class R, class T>
struct CompiledWhole {
  static std::size_t room(const Whole& array) {
    Room counted(nullptr);
    const typename R::template Stage<T> stage(counted, Taken<T>(counted, array));
    return counted.used();
  }

  static void step(const Whole& array, const Hyper& hyper, const Step& step, Decay decay, void* memory,
                   const Team& team) {
    Room room(memory);
    Taken<T> taken(room, array);
    const typename R::template Stage<T> stage(room, taken);
    taken.begin(hyper, decay, team);
    stage(named<R>(hyper), step, taken, team);
  }
};

template <class R>
constexpr WholeKernel wholes[] = {{CompiledWhole<R, float>::room, CompiledWhole<R, float>::step},
                                  {CompiledWhole<R, double>::room, CompiledWhole<R, double>::step}};

template <class R>
void settle(const Hyper& hyper, const Step& step, double* scalars) {
  R::settle(named<R>(hyper), step, scalars);
}

template <class R>
constexpr Rule rule() {
  static_assert(R::state.size <= max_slots, "raise max_slots in table.hpp");
  static_assert(R::scalars.size <= max_scalars, "raise max_scalars in table.hpp");
  static_assert(R::sums.size <= max_sums, "raise max_sums in table.hpp");
  Rule all{R::name,
           R::hyper.span(),
           R::options.span(),
           R::flags.span(),
           Published<R>::state,
           R::scalars.span(),
           R::sums.span(),
           R::scope,
           R::decays,
           R::takes,
           nullptr,
           nullptr,
           nullptr};
  if constexpr (R::whole)
    all.wholes = wholes<R>;
  else
    all.kernels = Kernels<typename FormulaOf<R>::type>::all;
  if constexpr (R::scalars.size > 0) all.settle = settle<R>;
  return all;
}

template <class All>
struct Rows;

template <template <class...> class List, class... Each>
struct Rows<List<Each...>> {
  static constexpr Rule all[] = {rule<Each>()...};
  static constexpr Span<Rule> span{all, sizeof...(Each)};
};

}  // namespace
}  // namespace fastopt::FASTOPT_ISA
