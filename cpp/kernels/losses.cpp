#include "losses.hpp"

#include "parts.hpp"

namespace fastopt::FASTOPT_ISA {

Span<Loss> losses() { return LossRows<Losses>::span; }

Span<Elementary> elementary() { return elementary_span; }

}  // namespace fastopt::FASTOPT_ISA
