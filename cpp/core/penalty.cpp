#include "penalty.hpp"

#include <cstring>

#include "blocks.hpp"
#include "dispatch.hpp"

namespace fastopt {

const Penalty* find_penalty(const char* name) {
  for (const Penalty& penalty : table().penalties)
    if (std::strcmp(name, penalty.name) == 0) return &penalty;
  return nullptr;
}

double run(const Penalty& penalty, Dtype dtype, const double* parameters, const void* p, void* g, std::size_t n,
           bool add) {
  if (n == 0) return 0;
  const PenaltyKernel& kernel = penalty.kernels[dtype];
  const auto part = [&](std::size_t first, std::size_t last) {
    const std::size_t offset = first * item_size[dtype];
    return (add ? kernel.add : kernel.write)(parameters, static_cast<const char*>(p) + offset,
                                             static_cast<char*>(g) + offset, last - first);
  };
  double sum = 0;
  for (const double each : of_blocks<double>(n, 1, worth_waking(n), part)) sum += each;
  return sum;
}

}  // namespace fastopt
