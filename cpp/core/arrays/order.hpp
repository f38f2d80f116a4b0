// Elements in another order than that in which they lie in memory.
#pragma once

#include <cstddef>
#include <vector>

#include "view.hpp"

namespace fastopt {

/// The elements of an array one after another: loops over its axes in each other, the outermost first.
struct Order {
  std::vector<std::size_t> shape;
  std::vector<std::ptrdiff_t> strides;  // in bytes
  bool side_by_side;                    // whether they lie so in memory

  /// Copy elements `begin` to `begin + n - 1`, as they are counted here, of the array at `from`. It asks for no memory.
  void gather(Dtype dtype, const void* from, std::size_t begin, std::size_t n, void* to) const;

  /// Copy numbers to these elements of the array at `to`.
  void scatter(Dtype dtype, const void* from, std::size_t begin, std::size_t n, void* to) const;
};

/// By the indices, the last one fastest.
Order by_index(const View& a);

/// As `like`, a dense array of the same shape, has them in memory.
Order in_memory_of(const View& like, const View& a);

/// Copy an array to a dense one that is alike, whatever the orders of both.
void copy(const View& from, const View& to);

}  // namespace fastopt
