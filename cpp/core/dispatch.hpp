// Which instruction set runs: the best one the processor has, FASTOPT_ISA if it is set, or what a test selects.
#pragma once

#include <string>
#include <vector>

#include "../kernels/table.hpp"

namespace fastopt {

/// Names of the instruction sets in this build, poorest first.
std::vector<std::string> isa_built();

/// Those of them that this processor runs.
std::vector<std::string> isa_supported();

/// The table in use. The first call chooses it.
const Table& table();

/// Put another table in use; throws std::invalid_argument where it is not built or not supported.
void select_isa(const std::string& name);

}  // namespace fastopt
