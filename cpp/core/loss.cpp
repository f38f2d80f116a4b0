#include "loss.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

#include "dispatch.hpp"
#include "pool.hpp"
#include "threads.hpp"

namespace fastopt {
namespace {

/// A batch in blocks of rows. They depend on its shape alone, so a sum over blocks does too; they are small
/// enough to share out, and a multiple of 16 rows where rows are short, as kernels take 16 at a time.
struct Blocks {
  explicit Blocks(const Batch& batch) : rows(batch.rows) {
    constexpr std::size_t elements = 16384;
    size = std::max<std::size_t>(1, elements / batch.columns);
    if (size >= 16) size -= size % 16;
    count = (rows + size - 1) / size;
  }
  std::size_t rows, size, count;
};

/// f(first, last) of each block of rows, shared out over threads.
template <class Result, class F>
std::vector<Result> of_blocks(const Batch& batch, const F& f) {
  const Blocks blocks(batch);
  std::vector<Result> results(blocks.count);
  const int threads = large(batch) ? num_threads() : 1;
  const std::size_t parts = std::min(blocks.count, static_cast<std::size_t>(threads) * 8);
  const auto task = [&](std::size_t part) {
    for (std::size_t k = blocks.count * part / parts; k < blocks.count * (part + 1) / parts; ++k)
      results[k] = f(k * blocks.size, std::min(blocks.rows, (k + 1) * blocks.size));
  };
  const bool wake = batch.rows * batch.columns >= 16 * grain();  // a quarter of a millisecond of softmax
  run_parts(
      [](const void* context, int part) { (*static_cast<decltype(task)*>(context))(static_cast<std::size_t>(part)); },
      &task, static_cast<int>(parts), std::min(threads, static_cast<int>(parts)), wake);
  return results;
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
  const auto found = of_blocks<std::size_t>(batch, [&](std::size_t first, std::size_t last) {
    const std::size_t row = judge(batch, first, last);
    return row == last ? batch.rows : row;
  });
  return *std::min_element(found.begin(), found.end());
}

double run(int loss, Dtype dtype, const Batch& batch) {
  const auto rows = kernel(loss, dtype).rows;
  double sum = 0;
  for (const double part : of_blocks<double>(batch, [&](auto first, auto last) { return rows(batch, first, last); }))
    sum += part;
  return sum;
}

}  // namespace fastopt
