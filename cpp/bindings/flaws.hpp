// What is wrong with the arrays of a step, in words.
#pragma once

#include "../core/step/judging.hpp"
#include "arrays.hpp"

namespace fastopt::bindings {

[[noreturn]] void refuse_param(const Rule& rule, Flaw flaw, py::handle p, const Label& label);

/// `parameter` is what messages call `p`.
[[noreturn]] void refuse_state(const Slot& slot, Flaw flaw, py::handle s, py::handle p, const Label& label,
                               const char* parameter);

[[noreturn]] void refuse_gradient(Flaw flaw, py::handle g, py::handle p, const Label& label);

}  // namespace fastopt::bindings
