// Compiled once per instruction set: FASTOPT_ISA names it, the flags are in CMakeLists.txt.
#include "compile.hpp"
#include "losses.hpp"
#include "passes.hpp"
#include "penalties.hpp"
#include "probes.hpp"
#include "rules.hpp"
#include "triangle.hpp"

#define FASTOPT_TEXT_(name) #name
#define FASTOPT_TEXT(name) FASTOPT_TEXT_(name)

namespace fastopt::FASTOPT_ISA {

const Table& table();

const Table& table() {
  static constexpr Table all{FASTOPT_TEXT(FASTOPT_ISA),
                             Rows<Rules>::span,
                             Rows<Probes>::span,
                             LossRows<Losses>::span,
                             PenaltyRows<Penalties>::span,
                             elementary_span,
                             {all_finite<float>, all_finite<double>},
                             {{&passes<float, float>, nullptr}, {&passes<double, float>, &passes<double, double>}},
                             update_multiply};
  return all;
}

}  // namespace fastopt::FASTOPT_ISA
