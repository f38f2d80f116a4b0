#include "loss.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

#include "blocks.hpp"
#include "dispatch.hpp"

namespace fastopt {
namespace {

/// f(first, last) of each block of rows.
template <class Result, class F>
std::vector<Result> of_rows(const Batch& batch, const F& f) {
  return of_blocks<Result>(batch.rows, batch.columns, worth_waking(batch.rows * batch.columns), f);
}

const LossKernel& kernel(int loss, Dtype dtype) { return table().losses.data[loss].kernels[dtype]; }

}  // namespace

int loss_index(const char* name) {
  const Span<Loss> losses = table().losses;
  for (int k = 0; k < losses.size; ++k)
    if (std::strcmp(name, losses.data[k].name) == 0) return k;
  return -1;
}

bool large(const Batch& batch) { return batch.rows * batch.columns >= grain(); }

std::size_t first_illegal(int loss, Dtype dtype, const Batch& batch) {
  const auto judge = kernel(loss, dtype).judge;
  if (judge == nullptr) return batch.rows;
  const auto found = of_rows<std::size_t>(batch, [&](std::size_t first, std::size_t last) {
    const std::size_t row = judge(batch, first, last);
    return row == last ? batch.rows : row;
  });
  return *std::min_element(found.begin(), found.end());
}

double run(int loss, Dtype dtype, const Batch& batch) {
  const auto rows = kernel(loss, dtype).rows;
  double sum = 0;
  const auto block = [&](std::size_t first, std::size_t last) { return rows(batch, first, last); };
  for (const double part : of_rows<double>(batch, block)) sum += part;
  return sum;
}

}  // namespace fastopt
