// What a family of rules exports. CMakeLists.txt writes the source that includes it, after the family's file in rules/.
#pragma once

#include "compile.hpp"
#include "parts.hpp"

namespace fastopt::FASTOPT_ISA::families {

Family FASTOPT_FAMILY() noexcept { return {Rows<Rules>::span}; }

}  // namespace fastopt::FASTOPT_ISA::families
