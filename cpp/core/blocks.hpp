// Work in blocks whose results are put together in their order, whatever thread did them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "pool.hpp"
#include "threads.hpp"

namespace fastopt {

/// Blocks of rows. They depend on the shape alone, so a sum over blocks does too; they are small enough to share
/// out, and a multiple of 16 rows where rows are short, as kernels take 16 at a time.
struct Blocks {
  Blocks(std::size_t all, std::size_t columns) : rows(all) {
    constexpr std::size_t elements = 16384;
    size = std::max<std::size_t>(1, elements / columns);
    if (size >= 16) size -= size % 16;
    count = (rows + size - 1) / size;
  }
  std::size_t rows, size, count;
};

/// Whether work on so many elements is worth waking helpers: a quarter of a millisecond of softmax.
inline bool worth_waking(std::size_t elements) { return elements >= 16 * grain(); }

/// f(first, last) of each block of rows, shared out over threads; sleeping ones are woken if `wake`.
template <class Result, class F>
std::vector<Result> of_blocks(std::size_t rows, std::size_t columns, bool wake, const F& f) {
  const Blocks blocks(rows, columns);
  std::vector<Result> results(blocks.count);
  const int threads = rows * columns >= grain() ? num_threads() : 1;
  const std::size_t parts = std::min(blocks.count, static_cast<std::size_t>(threads) * 8);
  const auto task = [&](int number) {
    const auto part = static_cast<std::size_t>(number);
    for (std::size_t k = blocks.count * part / parts; k < blocks.count * (part + 1) / parts; ++k)
      results[k] = f(k * blocks.size, std::min(blocks.rows, (k + 1) * blocks.size));
  };
  run_parts(task, static_cast<int>(parts), std::min(threads, static_cast<int>(parts)), wake);
  return results;
}

}  // namespace fastopt
