#include "passes.hpp"

#include "parts.hpp"
#include "triangle.hpp"

namespace fastopt::FASTOPT_ISA {

const Passes& passes(Dtype points, Dtype history) noexcept {
  if (points == f32) return passes_of<float, float>;
  return history == f32 ? passes_of<double, float> : passes_of<double, double>;
}

decltype(Table::update_multiply) update_multiply() noexcept { return add_multiply; }

}  // namespace fastopt::FASTOPT_ISA
