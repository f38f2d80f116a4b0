#include "judging.hpp"

#include <algorithm>

namespace fastopt {

Flaw flaw_of_param(const Rule& rule, const View& p) {
  if (const Flaw flaw = flaw_to_update(p); flaw != Flaw::none) return flaw;
  const bool taken = rule.takes == Takes::arrays || (rule.takes == Takes::matrices ? p.rank == 2 : p.rank <= 2);
  return taken ? Flaw::none : Flaw::rank;
}

Flaw flaw_of_state(const Slot& slot, const View& s, const View& p) {
  if (const Flaw flaw = flaw_to_update(s); flaw != Flaw::none) return flaw;
  if (slot.shape == Shape::same) {
    if (!alike(s, p)) return Flaw::unlike;
    return same_order(s, p) ? Flaw::none : Flaw::order;
  }
  if (s.dtype != p.dtype) return Flaw::unlike;
  const bool may_be_none = slot.shape == Shape::left_or_none || slot.shape == Shape::right_or_none;
  if (may_be_none && s.rank == 2 && s.size() == 0) return Flaw::none;
  const std::vector<std::size_t> shape = state_shape(slot.shape, {p.shape, p.shape + p.rank});
  if (!std::equal(s.shape, s.shape + s.rank, shape.begin(), shape.end(),
                  [](std::ptrdiff_t length, std::size_t other) { return static_cast<std::size_t>(length) == other; }))
    return Flaw::unlike;
  return row_major(s) ? Flaw::none : Flaw::order;
}

Flaw flaw_of_gradient(const View& g, const View& p) {
  if (const Flaw flaw = flaw_to_read(g); flaw != Flaw::none) return flaw;
  return alike(g, p) ? Flaw::none : Flaw::unlike;
}

void* state_data(const Slot& slot, const View& s) {
  return s.size() > 0 || slot.shape == Shape::same ? s.data : nullptr;
}

const Order* order_for(const Rule& rule, const View& p, Order& room) {
  if (rule.wholes == nullptr && (rule.sums.size == 0 || row_major(p))) return nullptr;
  room = by_index(p);
  return &room;
}

Foreign foreign(const View& g, const View& p) { return {in_memory_of(p, g), by_index(g)}; }

std::vector<std::size_t> state_shape(Shape kind, const std::vector<std::size_t>& shape) {
  const bool vector = shape.size() < 2;
  std::vector<std::size_t> found = shape;
  switch (kind) {
    case Shape::same:
      return found;
    case Shape::vector:
      return vector ? found : std::vector<std::size_t>{0};
    case Shape::rows:
      if (vector) return {0};
      found.end()[-1] = 1;
      return found;
    case Shape::columns:
      if (vector) return {0};
      found.end()[-2] = 1;
      return found;
    case Shape::left:
    case Shape::left_or_none:
      found.assign(2, shape.empty() ? 1 : shape[0]);
      return found;
    default:
      found.assign(2, vector ? 0 : shape[1]);
      return found;
  }
}

}  // namespace fastopt
