#include "losses.hpp"

#include "parts.hpp"

namespace fastopt::FASTOPT_ISA {

Span<Loss> losses() noexcept { return LossRows<Losses>::span; }

Span<Elementary> elementary() noexcept { return elementary_span; }

}  // namespace fastopt::FASTOPT_ISA
