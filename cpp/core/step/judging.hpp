// What a rule asks of the arrays that it is given.
#pragma once

#include <vector>

#include "piece.hpp"

namespace fastopt {

/// What is wrong with a parameter.
Flaw flaw_of_param(const Rule& rule, const View& p);

/// What is wrong with a state array: those of the shape of their parameter lie in memory as it does, others in C order.
Flaw flaw_of_state(const Slot& slot, const View& s, const View& p);

/// What is wrong with a gradient, which may lie in memory as it likes.
Flaw flaw_of_gradient(const View& g, const View& p);

/// Where a step finds a state array; null where it has none.
void* state_data(const Slot& slot, const View& s);

/// The order of the indices of a parameter, kept in `room`, if the rule asks for it; else null.
const Order* order_for(const Rule& rule, const View& p, Order& room);

/// How a gradient lies that is not in the memory order of its parameter.
Foreign foreign(const View& g, const View& p);

/// The shape of the state array of a slot, for a parameter of this shape. No axis is longer than 0 where it has none.
std::vector<std::size_t> state_shape(Shape kind, const std::vector<std::size_t>& shape);

}  // namespace fastopt
