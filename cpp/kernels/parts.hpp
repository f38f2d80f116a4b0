// What the parts of an instruction set export to its table: each is a .cpp of its own, so that they compile side by
// side and an edited one alone.
#pragma once

#include "rules.hpp"
#include "table.hpp"

namespace fastopt::FASTOPT_ISA {

namespace families {
#define FASTOPT_DECLARE_FAMILY(family) Family family() noexcept;
FASTOPT_FAMILIES(FASTOPT_DECLARE_FAMILY)
#undef FASTOPT_DECLARE_FAMILY
}  // namespace families

Span<Loss> losses() noexcept;
Span<Elementary> elementary() noexcept;
Span<Penalty> penalties() noexcept;
const Passes& passes(Dtype points, Dtype history) noexcept;
decltype(Table::update_multiply) update_multiply() noexcept;

}  // namespace fastopt::FASTOPT_ISA
