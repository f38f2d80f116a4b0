#include "order.hpp"

#include <algorithm>
#include <cstdlib>

namespace fastopt {
namespace {

/// Rows of elements along the two innermost axes, `at` bytes from the start of the array; strides in bytes.
struct Block {
  std::ptrdiff_t at;
  std::size_t rows, columns;
  std::ptrdiff_t row_stride, column_stride;
};

/// f(block) for elements `begin` to `begin + n - 1`, in as few blocks as they make.
template <class F>
void for_each_block(const Order& order, std::size_t begin, std::size_t n, const F& f) {
  if (n == 0) return;
  const std::size_t rank = order.shape.size();
  if (rank == 0) return f(Block{0, 1, 1, 0, 0});
  const auto step = [&](std::size_t axis, std::size_t by) {
    return static_cast<std::ptrdiff_t>(by) * order.strides[axis];
  };
  std::size_t index[max_rank];
  std::ptrdiff_t at = 0;
  for (std::size_t axis = rank; axis-- > 0; begin /= order.shape[axis])
    at += step(axis, index[axis] = begin % order.shape[axis]);

  const std::size_t last = rank - 1, length = order.shape[last];
  while (n > 0) {
    std::size_t axis = last, taken = std::min(n, length - index[last]);
    Block block{at, 1, taken, 0, order.strides[last]};
    if (rank > 1 && taken == length) {
      axis = last - 1;
      taken = std::min(n / length, order.shape[axis] - index[axis]);
      block.rows = taken;
      block.row_stride = order.strides[axis];
    }
    f(block);
    n -= block.rows * block.columns;
    at += step(axis, taken);
    for (index[axis] += taken; axis > 0 && index[axis] == order.shape[axis]; ++index[axis]) {
      at -= step(axis, index[axis]);
      index[axis] = 0;
      at += step(--axis, 1);
    }
  }
}

/// f(k, at) for each element of a block: the k-th, `at` bytes from the start of the array. Where what lies side by side
/// in memory is in one column, a few columns are taken at a time, so that lines of the cache are used up.
template <class F>
void for_each_element(const Block& block, const F& f) {
  const bool transposed = std::abs(block.row_stride) < std::abs(block.column_stride);
  const std::size_t width = transposed ? 8 : block.columns;
  std::ptrdiff_t top = block.at;
  for (std::size_t first = 0; first < block.columns; first += width) {
    const std::size_t taken = std::min(block.columns - first, width), rest = block.columns - taken;
    std::ptrdiff_t left = top;
    std::size_t k = first;
    for (std::size_t row = 0; row < block.rows; ++row, left += block.row_stride, k += rest) {
      std::ptrdiff_t at = left;
      for (const std::size_t end = k + taken; k < end; ++k, at += block.column_stride) f(k, at);
    }
    top += static_cast<std::ptrdiff_t>(width) * block.column_stride;
  }
}

template <class T>
void gather(const Order& order, const char* from, std::size_t begin, std::size_t n, T* to) {
  for_each_block(order, begin, n, [&](const Block& block) {
    for_each_element(block, [&](std::size_t k, std::ptrdiff_t at) { to[k] = *reinterpret_cast<const T*>(from + at); });
    to += block.rows * block.columns;
  });
}

template <class T>
void scatter(const Order& order, const T* from, std::size_t begin, std::size_t n, char* to) {
  for_each_block(order, begin, n, [&](const Block& block) {
    for_each_element(block, [&](std::size_t k, std::ptrdiff_t at) { *reinterpret_cast<T*>(to + at) = from[k]; });
    from += block.rows * block.columns;
  });
}

}  // namespace

void Order::gather(Dtype dtype, const void* from, std::size_t begin, std::size_t n, void* to) const {
  const auto* first = static_cast<const char*>(from);
  if (dtype == f32)
    fastopt::gather(*this, first, begin, n, static_cast<float*>(to));
  else
    fastopt::gather(*this, first, begin, n, static_cast<double*>(to));
}

void Order::scatter(Dtype dtype, const void* from, std::size_t begin, std::size_t n, void* to) const {
  auto* first = static_cast<char*>(to);
  if (dtype == f32)
    fastopt::scatter(*this, static_cast<const float*>(from), begin, n, first);
  else
    fastopt::scatter(*this, static_cast<const double*>(from), begin, n, first);
}

Order by_index(const View& a) {
  Order order{{}, {a.strides, a.strides + a.rank}, row_major(a)};
  for (int k = 0; k < a.rank; ++k) order.shape.push_back(static_cast<std::size_t>(a.shape[k]));
  return order;
}

Order in_memory_of(const View& like, const View& a) {
  Order order{{}, {}, same_order(a, like)};
  for (const int axis : axes_in_memory(like)) {
    if (a.shape[axis] == 1) continue;
    order.shape.push_back(static_cast<std::size_t>(a.shape[axis]));
    order.strides.push_back(a.strides[axis]);
  }
  return order;
}

void copy(const View& from, const View& to) {
  in_memory_of(to, from).gather(to.dtype, from.data, 0, to.size(), to.data);
}

}  // namespace fastopt
