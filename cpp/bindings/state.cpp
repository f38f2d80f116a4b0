#include "state.hpp"

#include <algorithm>

namespace fastopt::bindings {

void expect_taken(const Rule& rule, const py::array& p, const Label& label) {
  const auto refuse = [&](const char* expected) {
    throw py::value_error(label.text() + ": expected " + expected + ", got shape " +
                          std::string(py::str(py::object(p.attr("shape")))));
  };
  if (rule.takes == Takes::matrices && p.ndim() != 2) refuse("a matrix");
  if (rule.takes == Takes::vectors_and_matrices && p.ndim() > 2) refuse("a vector or a matrix");
}

void expect_state(const Slot& slot, const py::array& s, const py::array& p, const Label& label, const char* name) {
  if (slot.shape == Shape::same) {
    expect_same(s, p, label);
    if (!same_order(s, p)) throw py::value_error(label.text() + ": expected the memory order of " + name);
    return;
  }
  const std::vector<std::size_t> shape = state_shape(slot.shape, order_of(p).shape);
  const bool open = slot.shape == Shape::left_or_none || slot.shape == Shape::right_or_none;
  if (open && s.ndim() == 2 && s.size() == 0 && dtype_of(s) == dtype_of(p)) return;
  expect_same(s, empty(p.dtype(), {shape.begin(), shape.end()}), label);
  if (!row_major(s)) throw py::value_error(label.text() + ": expected C order");
}

std::optional<Order> order_for(const Rule& rule, const py::array& p) {
  const bool asks = rule.wholes != nullptr || (rule.sums.size > 0 && !row_major(p));
  return asks ? std::optional(order_of(p)) : std::nullopt;
}

}  // namespace fastopt::bindings
