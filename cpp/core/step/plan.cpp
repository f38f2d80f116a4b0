#include "plan.hpp"

#include "../dispatch.hpp"
#include "judging.hpp"

namespace fastopt {

Plan::Plan(const Formula& formula, std::size_t params) : formula_(formula), params_(params) {
  const Span<Slot> slots = rule().slots;
  for (std::size_t k = 0; k < params; ++k)
    for (int slot = 0; slot < slots.size; ++slot)
      if (slots.data[slot].present(formula.variant)) places_.push_back({k, slot});
}

const Rule& Plan::rule() const { return table().rule(formula_.rule); }

Refusal Plan::bind(const std::vector<View>& arrays) {
  std::vector<Extent> extents;
  for (std::size_t a = 0; a < arrays.size(); ++a) {
    const Flaw flaw = a < params_ ? flaw_of_param(rule(), arrays[a])
                                  : flaw_of_state(rule().slots.data[place(a).slot], arrays[a], arrays[place(a).param]);
    if (flaw != Flaw::none) return {flaw, a};
    extents.push_back(extent(arrays[a]));
  }
  written_ = Written(extents);
  if (const auto clash = written_.clash()) return {Flaw::overlap, clash->first, clash->second};

  for (const View& a : arrays) bound_.emplace_back(a);
  foreign_.resize(params_);
  orders_.resize(params_);
  std::vector<Piece> pieces;
  for (std::size_t k = 0; k < params_; ++k) {
    const View& p = arrays[k];
    pieces.push_back({p.data, nullptr, {}, p.size(), p.dtype});
    pieces.back().order = order_for(rule(), p, orders_[k]);
  }
  for (std::size_t a = params_; a < arrays.size(); ++a) {
    const auto [param, slot] = place(a);
    pieces[param].s[slot] = state_data(rule().slots.data[slot], arrays[a]);
  }
  for (const Piece& piece : pieces) work_.add(piece);
  return {};
}

Refusal Plan::take_gradient(std::size_t param, const View& g) {
  const View p = bound(param);
  if (const Flaw flaw = flaw_of_gradient(g, p); flaw != Flaw::none) return {flaw, param};
  if (const auto other = written_.touched_by(g)) return {Flaw::overlap, param, *other};
  Piece& piece = work_.pieces()[param];
  piece.g = g.data;
  piece.foreign = nullptr;
  if (same_order(g, p)) return {};
  foreign_[param] = std::make_unique<Foreign>(foreign(g, p));
  piece.foreign = foreign_[param].get();
  return {};
}

Refusal Plan::judge(std::size_t array, const View& from) const {
  if (const Flaw flaw = flaw_of_gradient(from, bound(array)); flaw != Flaw::none) return {flaw, array};
  if (const auto other = written_.touched_by(from)) return {Flaw::overlap, array, *other};
  return {};
}

std::size_t Plan::scalars() const { return scalars_of(rule(), params_); }

bool Plan::large() const { return work_.large(rule()); }

std::size_t Plan::step(const Hyper& hyper, std::int64_t& count, double* scalars, bool check_finite) const {
  const std::size_t wild = work_.run(formula_, hyper, count + 1, scalars, check_finite);
  if (wild == params_) ++count;
  return wild;
}

}  // namespace fastopt
