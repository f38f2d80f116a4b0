#include "vectors.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <new>
#include <vector>

#include "../dispatch.hpp"
#include "../pool.hpp"
#include "../threads.hpp"

namespace fastopt {
namespace {

constexpr std::size_t page = 4096;
constexpr std::size_t block = 4096;  // elements of a sum of their own

/// Which results of a pass are maxima: those after the sums.
int sums_of(Pass Passes::* pass) {
  if (pass == &Passes::move || pass == &Passes::subgradient || pass == &Passes::gap || pass == &Passes::move_in_box ||
      pass == &Passes::reach)
    return 0;
  if (pass == &Passes::downhill_in_box || pass == &Passes::breaks) return 2;
  if (pass == &Passes::compare || pass == &Passes::compare_in_orthant || pass == &Passes::compare_in_box) return 3;
  return 1;
}

/// Join the results of `count` blocks, `width` each, in those of the first: halves added to halves.
void join(double* blocks, std::size_t count, std::size_t width, std::size_t sums) {
  if (count == 1) return;
  double* half = blocks + count / 2 * width;
  join(blocks, count / 2, width, sums);
  join(half, count - count / 2, width, sums);
  for (std::size_t k = 0; k < width; ++k) blocks[k] = k < sums ? blocks[k] + half[k] : std::max(blocks[k], half[k]);
}

/// Run kernel(first, last, results) on the blocks of n elements, on several threads. Gives the joined results.
template <class F>
const double* over_blocks(std::size_t n, int threads, std::size_t width, std::size_t sums, const F& kernel) {
  const std::size_t count = (n + block - 1) / block;
  static thread_local std::vector<double> blocks;
  blocks.assign(count * width, 0);
  const std::size_t parts = threads == 1 ? 1 : std::min(count, static_cast<std::size_t>(threads) * 8);
  const auto task = [&, results = blocks.data()](std::size_t part) {
    for (std::size_t k = count * part / parts; k < count * (part + 1) / parts; ++k)
      kernel(k * block, std::min(n, (k + 1) * block), results + k * width);
  };
  run_parts(
      [](const void* context, int part) { (*static_cast<decltype(task)*>(context))(static_cast<std::size_t>(part)); },
      &task, static_cast<int>(parts), threads, true);
  join(blocks.data(), count, width, sums);
  return blocks.data();
}

}  // namespace

Buffer no_buffer() {
  return {nullptr, [](unsigned char* memory) { std::free(memory); }};
}

void Vectors::reserve(Buffer& buffer) const {
  if (buffer) return;
  const std::size_t bytes = (n_ * item_size[std::max(dtype_, stored_)] + page) / page * page;
  void* memory = std::aligned_alloc(page, bytes);
  if (memory == nullptr) throw std::bad_alloc();
  buffer.reset(static_cast<unsigned char*>(memory));
}

bool Vectors::finite(const void* v, double sum) const {
  return std::isfinite(sum) || table().all_finite[dtype_](v, n_);
}

bool Vectors::large() const { return n_ >= grain(); }

Results Vectors::run(Pass Passes::* pass, const Operands& operands) const {
  const Pass kernel = table().passes[dtype_][stored_]->*pass;
  Results all{};
  if (n_ <= block) {
    kernel(operands, 0, n_, all.data());
    return all;
  }
  const double* found = over_blocks(
      n_, large() ? num_threads() : 1, max_results, static_cast<std::size_t>(sums_of(pass)),
      [&](std::size_t first, std::size_t last, double* results) { kernel(operands, first, last, results); });
  std::copy_n(found, max_results, all.begin());
  return all;
}

void Vectors::run(ColumnPass Passes::* pass, const Columns& columns, double* results, std::size_t count) const {
  const ColumnPass kernel = table().passes[dtype_][stored_]->*pass;
  if (n_ <= block) return kernel(columns, 0, n_, results);
  const double* found =
      over_blocks(n_, large() ? num_threads() : 1, count, count,
                  [&](std::size_t first, std::size_t last, double* part) { kernel(columns, first, last, part); });
  std::copy_n(found, count, results);
}

}  // namespace fastopt
