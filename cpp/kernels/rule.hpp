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
  Shape shape = Shape::same;
};

template <class... Slots>
constexpr List<slot, sizeof...(Slots)> slots(Slots... all) {
  return {{all...}};
}

/// A rule gives `name`, `struct Hyper` of doubles with their names as `hyper`, and
///
///     template <class T, bool... options> struct Lane {
///       Lane(const Hyper&, const Step&);                            // constants of one step, in double
///       void operator()(T& p, T g, T& slot...) const;               // the formula, for one element
///     };
///
/// What it may have beside, with its names where there are none here:
///
/// - `options`: bools that change the formula, template parameters of Lane in this order;
/// - `flags`: bools that only constants depend on, the last members of Hyper, 0 or 1;
/// - `state`: its arrays, in the order in which Lane takes them;
/// - `scalars`: numbers beside the arrays, which `static void settle(const Hyper&, const Step&, double* scalars)` takes
///   one step on;
/// - `sums` that it needs before the update, of what `void terms(T p, T g, T slot..., double* term) const` of Lane
/// gives
///   for one element: `scope` says whether over each array or over all of them.
///
/// - `takes`: which arrays, if not all.
///
/// A rule that is no formula of one element is written in `whole.hpp`.
///
/// Before the formula of any rule the gradient is turned round by `maximize`, and `weight_decay` acts: as a term of the
/// gradient, or decoupled on the parameter, as the caller asks, or always decoupled if `decays` says so. A rule whose
/// `decays` is `own` sees to it in its formula, or has none.
struct Base {
  static constexpr auto options = names();
  static constexpr auto flags = names();
  static constexpr auto state = slots();
  static constexpr auto scalars = names();
  static constexpr auto sums = names();
  static constexpr Scope scope = Scope::all;
  static constexpr Decays decays = Decays::shared;
  static constexpr Takes takes = Takes::arrays;
  static constexpr bool whole = false;
};

/// A list of rules.
template <class... Each>
struct Types {};

}  // namespace
}  // namespace fastopt::FASTOPT_ISA
