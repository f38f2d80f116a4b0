// What one array of a step consists of.
#pragma once

#include <cstddef>

#include "../../kernels/table.hpp"
#include "../arrays/order.hpp"

namespace fastopt {

/// Where the elements of a gradient are that does not lie in memory as its parameter does.
struct Foreign {
  Order in_memory;  // in the order in which the parameter lies
  Order by_index;
};

/// A parameter with its gradient and state. All of one length, in one memory order, but for the gradient if `foreign`
/// says so, and for state of another shape.
struct Piece {
  void* p;
  const void* g;
  void* s[max_slots];
  std::size_t n;
  Dtype dtype;
  const Order* order = nullptr;      // of the indices; null where no sum asks, or memory is in the same
  const Foreign* foreign = nullptr;  // of the gradient; null where it lies as the parameter does

  /// Its elements from `begin` on, in memory order; the gradient too if it is not a foreign one.
  Piece from(std::size_t begin) const {
    const std::size_t offset = begin * item_size[dtype];
    Piece rest{static_cast<char*>(p) + offset, static_cast<const char*>(g) + offset, {}, n - begin, dtype};
    for (int k = 0; k < max_slots; ++k) rest.s[k] = s[k] == nullptr ? nullptr : static_cast<char*>(s[k]) + offset;
    return rest;
  }

  /// The elements of the gradient in the memory order of the parameter; foreign ones are copied to `room`.
  const void* gradient(std::size_t begin, std::size_t count, void* room) const {
    if (foreign == nullptr) return static_cast<const char*>(g) + begin * item_size[dtype];
    foreign->in_memory.gather(dtype, g, begin, count, room);
    return room;
  }
};

}  // namespace fastopt
