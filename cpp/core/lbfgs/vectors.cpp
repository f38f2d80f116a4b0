#include "vectors.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <new>
#include <vector>

#include "../dispatch.hpp"
#include "../pool.hpp"
#include "../threads.hpp"

namespace fastopt {
namespace {

constexpr std::size_t cache_line = 64, page = 4096;
constexpr std::size_t block = 4096;  // elements of a sum of their own

/// Which results of a pass are maxima: those after the sums.
int sums_of(Pass Passes::* pass) {
  if (pass == &Passes::move) return 0;
  return pass == &Passes::compare ? 3 : 1;
}

/// Blocks `first` to `last - 1`, halves added to halves.
Results joined(const Results* blocks, std::size_t count, int sums) {
  if (count == 1) return blocks[0];
  const Results a = joined(blocks, count / 2, sums), b = joined(blocks + count / 2, count - count / 2, sums);
  Results all{};
  for (int k = 0; k < max_results; ++k) {
    const auto i = static_cast<std::size_t>(k);
    all[i] = k < sums ? a[i] + b[i] : std::max(a[i], b[i]);
  }
  return all;
}

}  // namespace

Buffer no_buffer() {
  return {nullptr, [](unsigned char* memory) { std::free(memory); }};
}

void Vectors::reserve(Buffer& buffer) const {
  if (buffer) return;
  const std::size_t bytes = n_ * item_size[std::max(dtype_, stored_)];
  const std::size_t unit = bytes >= page ? page : bytes >= 8 * cache_line ? cache_line : alignof(std::max_align_t);
  void* memory = std::aligned_alloc(unit, std::max<std::size_t>(1, (bytes + unit - 1) / unit) * unit);
  if (memory == nullptr) throw std::bad_alloc();
  buffer.reset(static_cast<unsigned char*>(memory));
}

bool Vectors::finite(const void* v, double sum) const {
  return std::isfinite(sum) || table().all_finite[dtype_](v, n_);
}

bool Vectors::large() const { return n_ >= grain(); }

Results Vectors::run(Pass Passes::* pass, const Operands& operands) const {
  const Pass kernel = table().passes[dtype_][stored_]->*pass;
  if (n_ <= block) {
    Results all{};
    kernel(operands, 0, n_, all.data());
    return all;
  }
  const std::size_t count = (n_ + block - 1) / block;
  static thread_local std::vector<Results> blocks;
  blocks.assign(count, Results{});
  const int threads = large() ? num_threads() : 1;
  const std::size_t parts = threads == 1 ? 1 : std::min(count, static_cast<std::size_t>(threads) * 8);
  const auto task = [&, results = blocks.data()](std::size_t part) {
    for (std::size_t k = count * part / parts; k < count * (part + 1) / parts; ++k)
      kernel(operands, k * block, std::min(n_, (k + 1) * block), results[k].data());
  };
  run_parts(
      [](const void* context, int part) { (*static_cast<decltype(task)*>(context))(static_cast<std::size_t>(part)); },
      &task, static_cast<int>(parts), threads, true);
  return joined(blocks.data(), count, sums_of(pass));
}

}  // namespace fastopt
