// How a rule is written: derive from Base, state what there is, give the formula as Lane.
#pragma once

#include "arith.hpp"

namespace fastopt::FASTOPT_ISA {
namespace {

template <class Item, int n>
struct List {
  Item items[n == 0 ? 1 : n];
  static constexpr int size = n;
  constexpr Span<Item> span() const { return {items, n}; }
};

template <class... Texts>
constexpr List<Name, sizeof...(Texts)> names(Texts... texts) {
  return {{Name{texts}...}};
}

/// The state array `name`, there always or with the option of that name.
struct slot {
  const char* name;
  const char* option = nullptr;
};

template <class... Slots>
constexpr List<slot, sizeof...(Slots)> slots(Slots... all) {
  return {{all...}};
}

/// A rule gives `name`, `struct Hyper` of doubles with their names as `hyper`, and
///
///     template <class T, bool... options> struct Lane {
///       Lane(const Hyper&, double step);                            // constants of one step, in double
///       void operator()(T& p, T g, T& slot...) const;               // the formula, for one element
///     };
///
/// Every rule also has `weight_decay` (L2, unless the rule names a `weight_decay` of its own) and `maximize`.
struct Base {
  static constexpr auto options = names();
  static constexpr auto state = slots();
};

}  // namespace
}  // namespace fastopt::FASTOPT_ISA
