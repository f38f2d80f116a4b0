#include "vectors.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <new>
#include <vector>

#include "../blocks.hpp"
#include "../dispatch.hpp"

namespace fastopt {
namespace {

constexpr std::size_t page = 4096;

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
  const auto part = [&](std::size_t first, std::size_t last) {
    Results results{};
    kernel(operands, first, last, results.data());
    return results;
  };
  if (Blocks(n_, 1).count <= 1) return part(0, n_);
  const std::vector<Results> blocks = of_blocks<Results>(n_, 1, true, part);  // a pass seldom comes alone
  return joined(blocks.data(), blocks.size(), sums_of(pass));
}

}  // namespace fastopt
