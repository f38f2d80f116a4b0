// Elements in the order of their indices, where memory has them in another one.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace fastopt {

/// The axes of an array, in some order, the last index fastest.
struct Order {
  std::vector<std::size_t> shape;
  std::vector<std::ptrdiff_t> strides;  // in elements

  /// Whether memory is in the order of the indices.
  bool row_major() const {
    std::size_t stride = 1;
    for (std::size_t axis = shape.size(); axis-- > 0; stride *= shape[axis])
      if (shape[axis] == 0)
        return true;
      else if (shape[axis] != 1 && strides[axis] != static_cast<std::ptrdiff_t>(stride))
        return false;
    return true;
  }

  /// Copy elements `begin` to `begin + n - 1`, counted by their indices.
  template <class T>
  void gather(const T* from, std::size_t begin, std::size_t n, T* to) const {
    walk(begin, n, [&](std::size_t k, std::ptrdiff_t at) { to[k] = from[at]; });
  }

  /// Copy the first `n` elements, counted by their indices, back.
  template <class T>
  void scatter(const T* from, std::size_t n, T* to) const {
    walk(0, n, [&](std::size_t k, std::ptrdiff_t at) { to[at] = from[k]; });
  }

 private:
  /// f(k, at) for k below `n`, and where in memory the k-th element from `begin` on lies.
  template <class F>
  void walk(std::size_t begin, std::size_t n, const F& f) const {
    if (n == 0) return;
    const std::size_t axes = shape.size();
    if (axes == 0) {
      for (std::size_t k = 0; k < n; ++k) f(k, std::ptrdiff_t{0});
      return;
    }
    std::vector<std::size_t> index(axes);
    std::ptrdiff_t at = 0;
    for (std::size_t axis = axes; axis-- > 0; begin /= shape[axis]) {
      index[axis] = begin % shape[axis];
      at += static_cast<std::ptrdiff_t>(index[axis]) * strides[axis];
    }
    const std::size_t inner = axes - 1;
    for (std::size_t k = 0; k < n;) {
      const std::size_t run = std::min(n - k, shape[inner] - index[inner]);
      for (std::size_t i = 0; i < run; ++i) f(k + i, at + static_cast<std::ptrdiff_t>(i) * strides[inner]);
      k += run;
      index[inner] += run;
      at += static_cast<std::ptrdiff_t>(run) * strides[inner];
      for (std::size_t axis = inner; axis > 0 && index[axis] == shape[axis]; --axis) {
        at += strides[axis - 1] - static_cast<std::ptrdiff_t>(shape[axis]) * strides[axis];
        index[axis] = 0;
        ++index[axis - 1];
      }
    }
  }
};

}  // namespace fastopt
