// Elements in the order of their indices, where memory has them in another one.
#pragma once

#include <cstddef>
#include <vector>

namespace fastopt {

/// The axes of a dense array, the last index fastest.
struct Order {
  std::vector<std::size_t> shape, strides;  // in elements

  /// Whether memory is in the order of the indices.
  bool row_major() const {
    std::size_t stride = 1;
    for (std::size_t axis = shape.size(); axis-- > 0; stride *= shape[axis])
      if (shape[axis] == 0)
        return true;
      else if (shape[axis] != 1 && strides[axis] != stride)
        return false;
    return true;
  }

  /// Copy elements `begin` to `begin + n - 1`, counted by their indices.
  template <class T>
  void gather(const T* from, std::size_t begin, std::size_t n, T* to) const {
    walk(begin, n, [&](std::size_t k, std::size_t at) { to[k] = from[at]; });
  }

  /// Copy the first `n` elements, counted by their indices, back.
  template <class T>
  void scatter(const T* from, std::size_t n, T* to) const {
    walk(0, n, [&](std::size_t k, std::size_t at) { to[at] = from[k]; });
  }

 private:
  /// f(k, at) for k below `n`, and where in memory the k-th element from `begin` on lies.
  template <class F>
  void walk(std::size_t begin, std::size_t n, const F& f) const {
    const std::size_t axes = shape.size();
    std::vector<std::size_t> index(axes);
    std::size_t at = 0;
    for (std::size_t axis = axes; axis-- > 0; begin /= shape[axis]) {
      index[axis] = begin % shape[axis];
      at += index[axis] * strides[axis];
    }
    for (std::size_t k = 0; k < n; ++k) {
      f(k, at);
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
