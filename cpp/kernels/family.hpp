// One family of rules, compiled by itself for each instruction set: FASTOPT_FAMILY names its file in rules/.
#include "compile.hpp"
#include "text.hpp"
#include FASTOPT_TEXT(rules/FASTOPT_FAMILY.hpp)

namespace fastopt::FASTOPT_ISA::families {

Family FASTOPT_FAMILY();

Family FASTOPT_FAMILY() { return {Rows<Rules>::span}; }

}  // namespace fastopt::FASTOPT_ISA::families
