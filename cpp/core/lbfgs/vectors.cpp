#include "vectors.hpp"

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <new>
#include <vector>

#include "../blocks.hpp"
#include "../dispatch.hpp"

namespace fastopt {
namespace {

constexpr std::size_t cache_line = 64, page = 4096;
#if defined(__linux__)
constexpr std::size_t large_page = std::size_t{2} << 20;
#else
constexpr std::size_t large_page = page;
#endif

/// The results of `count` blocks, halves added to halves.
template <class R>
R joined(const R* blocks, std::size_t count, int sums) {
  if (count == 1) return blocks[0];
  R all = joined(blocks, count / 2, sums);
  const R other = joined(blocks + count / 2, count - count / 2, sums);
  for (std::size_t k = 0; k < all.size(); ++k)
    all[k] = k < static_cast<std::size_t>(sums) ? all[k] + other[k] : std::max(all[k], other[k]);
  return all;
}

}  // namespace

void Release::operator()(unsigned char* vector) const { std::free(vector - shift); }

/// Nine cache lines apart: what a pass reads of one before it turns to the next fits between.
Buffer one_of_several(int index) { return Buffer(nullptr, {static_cast<std::size_t>(index) * 9 * cache_line % page}); }

void Vectors::reserve(Buffer& buffer) const {
  if (buffer) return;
  const std::size_t bytes = n_ * item_size[std::max(dtype_, stored_)];
  const std::size_t unit = bytes >= large_page       ? large_page
                           : bytes >= page           ? page
                           : bytes >= 8 * cache_line ? cache_line
                                                     : alignof(std::max_align_t);
  std::size_t& shift = buffer.get_deleter().shift;
  if (unit < page) shift = 0;
  const auto whole = [all = shift + bytes](std::size_t of) {
    return std::max<std::size_t>(1, (all + of - 1) / of) * of;
  };
  const std::size_t room = unit < page || whole(unit) <= bytes + bytes / 8 ? whole(unit) : whole(page);
  void* memory = std::aligned_alloc(unit, room);
  if (memory == nullptr) throw std::bad_alloc();
#if defined(__linux__)
  // Large pages: with small ones a processor waits for the addresses of several streams, and a pass takes half as long
  // again.
  if (unit == large_page) madvise(memory, room, MADV_HUGEPAGE);
#endif
  buffer.reset(static_cast<unsigned char*>(memory) + shift);
}

bool Vectors::finite(const void* v, double sum) const {
  return std::isfinite(sum) || table().all_finite[dtype_](v, n_);
}

bool Vectors::large() const { return n_ >= grain(); }

Results Vectors::run(Pass Passes::* pass, const Operands& operands) const {
  const Pass& kernel = table().passes[dtype_][stored_]->*pass;
  const auto part = [&](std::size_t first, std::size_t last) {
    Results results{};
    kernel.run(operands, first, last, results.data());
    return results;
  };
  if (Blocks(n_, 1).count <= 1) return part(0, n_);
  const std::vector<Results> blocks = of_blocks<Results>(n_, 1, true, part);  // a pass seldom comes alone
  return joined(blocks.data(), blocks.size(), kernel.sums);
}

std::vector<double> Vectors::run(ColumnPass Passes::* pass, const Columns& columns, int count, int sums) const {
  const ColumnPass kernel = table().passes[dtype_][stored_]->*pass;
  const auto part = [&](std::size_t first, std::size_t last) {
    std::vector<double> results(static_cast<std::size_t>(count) * column_room);
    kernel(columns, first, last, results.data());
    results.resize(static_cast<std::size_t>(count));
    return results;
  };
  if (Blocks(n_, 1).count <= 1) return part(0, n_);
  const std::vector<std::vector<double>> blocks = of_blocks<std::vector<double>>(n_, 1, true, part);
  return joined(blocks.data(), blocks.size(), sums);
}

}  // namespace fastopt
