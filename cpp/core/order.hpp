// Elements in the order of their indices, where memory has them in another one.
#pragma once

#include <cstddef>
#include <vector>

namespace fastopt {

/// The axes of a dense array, the last index fastest.
struct Order {
  std::vector<std::size_t> shape, strides;  // in elements

  /// Copy elements `begin` to `begin + n - 1`, counted by their indices.
  template <class T>
  void gather(const T* from, std::size_t begin, std::size_t n, T* to) const {
    const std::size_t axes = shape.size();
    std::vector<std::size_t> index(axes);
    std::size_t at = 0;
    for (std::size_t axis = axes; axis-- > 0; begin /= shape[axis]) {
      index[axis] = begin % shape[axis];
      at += index[axis] * strides[axis];
    }
    for (std::size_t k = 0; k < n; ++k) {
      to[k] = from[at];
      for (std::size_t axis = axes; axis-- > 0;) {
        at += strides[axis];
        if (++index[axis] < shape[axis]) break;
        at -= shape[axis] * strides[axis];
        index[axis] = 0;
      }
    }
  }
};

}  // namespace fastopt
