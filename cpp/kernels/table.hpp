// What one instruction set exports: plain structs, so that code compiled with other flags can read them.
#pragma once

#include <cstddef>

namespace fastopt {

enum Dtype : unsigned char { f32 = 0, f64 = 1 };

inline constexpr std::size_t item_size[] = {4, 8};

inline constexpr int max_slots = 3;             // state arrays of one rule
inline constexpr int max_hyper = 8;             // hyperparameters of one rule
inline constexpr std::size_t lane_bytes = 128;  // room for the constants of one step

/// One formula, compiled for one dtype.
struct Kernel {
  /// Derive the constants of a step, in double, rounded once to the dtype.
  void (*prepare)(void* lane, const double* hyper, double step, bool maximize);
  /// Update `n` consecutive elements: read each byte once, write once.
  void (*block)(const void* lane, void* p, const void* g, void* const* s, std::size_t n);
};

struct Name {
  const char* text;
};

/// A state array, and the option (its index) that it comes with; -1 where it is always there.
struct Slot {
  const char* name;
  int option;
  constexpr bool present(unsigned variant) const { return option < 0 || (variant >> option & 1) != 0; }
};

template <class Item>
struct Span {
  const Item* data;
  int size;
  constexpr const Item* begin() const { return data; }
  constexpr const Item* end() const { return data + size; }
};

/// A rule and its variants. Bit k of a variant says whether option k is on.
struct Rule {
  const char* name;
  Span<Name> hyper;
  Span<Name> options;
  Span<Slot> slots;
  bool adds_decay;  // `weight_decay`, the last hyperparameter, is L2 and has kernels of its own
  const Kernel* kernels;

  const Kernel& kernel(unsigned variant, bool decay, Dtype dtype) const {
    return kernels[(variant * 2 + (decay ? 1 : 0)) * 2 + dtype];
  }
};

struct Table {
  const char* isa;
  Span<Rule> rules;
  Span<Rule> probes;  // equal traffic, trivial arithmetic: the yardstick of the benchmarks
  bool (*all_finite[2])(const void* x, std::size_t n);
};

}  // namespace fastopt
