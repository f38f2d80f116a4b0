// What arrays a rule takes, and what its state has to look like.
#pragma once

#include <optional>

#include "../core/whole.hpp"
#include "arrays.hpp"

namespace fastopt::bindings {

/// Refuse a parameter that the rule does not take.
void expect_taken(const Rule& rule, const py::array& p, const Label& label);

/// Refuse a state array unless it is as the slot asks for this parameter, which messages call `name`.
void expect_state(const Slot& slot, const py::array& s, const py::array& p, const Label& label, const char* name);

/// The axes of a parameter, where the rule asks for them.
std::optional<Order> order_for(const Rule& rule, const py::array& p);

}  // namespace fastopt::bindings
