#include "penalties.hpp"

#include "parts.hpp"

namespace fastopt::FASTOPT_ISA {

Span<Penalty> penalties() noexcept { return PenaltyRows<Penalties>::span; }

}  // namespace fastopt::FASTOPT_ISA
