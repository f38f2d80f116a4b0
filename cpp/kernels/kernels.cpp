// The table of one instruction set. What is in it is compiled in parts, each once for every instruction set:
// FASTOPT_ISA names it, the flags are in CMakeLists.txt.
#include "compile.hpp"
#include "parts.hpp"
#include "probes.hpp"
#include "text.hpp"

namespace fastopt::FASTOPT_ISA {

const Table& table();

const Table& table() {
#define FASTOPT_FAMILY_ROW(family) families::family(),
  static const Family families[] = {FASTOPT_FAMILIES(FASTOPT_FAMILY_ROW)};
#undef FASTOPT_FAMILY_ROW
  static const Table all{FASTOPT_TEXT(FASTOPT_ISA),
                         {families, sizeof families / sizeof *families},
                         Rows<Probes>::span,
                         losses(),
                         penalties(),
                         elementary(),
                         {all_finite<float>, all_finite<double>},
                         {{&passes(f32, f32), nullptr}, {&passes(f64, f32), &passes(f64, f64)}},
                         update_multiply()};
  return all;
}

}  // namespace fastopt::FASTOPT_ISA
