// Arrays as they lie in memory, whoever made them: NumPy, another library, C++.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "../../kernels/table.hpp"

namespace fastopt {

inline constexpr int max_rank = 64;  // NumPy's

/// The dtype of an array of anything else: all that can be done with it is to refuse it.
inline constexpr auto no_float = static_cast<Dtype>(2);

/// An array. Shape and strides are its owner's, who may change them when he has the word again: a view is judged at
/// once and not kept.
struct View {
  char* data;
  Dtype dtype;
  std::size_t item;  // bytes of an element
  int rank;
  const std::ptrdiff_t* shape;
  const std::ptrdiff_t* strides;  // in bytes
  bool writeable;

  std::size_t size() const {
    std::ptrdiff_t n = 1;
    for (int k = 0; k < rank; ++k) n *= shape[k];
    return static_cast<std::size_t>(n);
  }
};

/// What is wrong with an array. Whoever knows its name puts it into words.
enum class Flaw : unsigned char {
  none,
  dtype,      // neither float32 nor float64
  unaligned,  // its data start between two elements
  read_only,
  gaps,     // its elements do not lie side by side
  rank,     // too many or too few axes
  unlike,   // dtype or shape are not those of another array
  order,    // the memory order is not that of another array
  overlap,  // it shares memory with another array
  changed   // it is not as it was
};

/// What is wrong with an array that is to be read.
Flaw flaw_to_read(const View& a);

/// What is wrong with an array that is to be updated in place.
Flaw flaw_to_update(const View& a);

/// Whether dtype and shape are the same.
bool alike(const View& a, const View& b);

/// Whether element k in memory is the same element of both, which are alike in shape.
bool same_order(const View& a, const View& b);

/// Without gaps: the strides are those of a C array with its axes in some order.
bool dense(const View& a);

/// Dense, and in C order.
bool row_major(const View& a);

/// The axes from the outermost to the innermost in memory.
std::vector<int> axes_in_memory(const View& a);

/// The strides of a dense array with the shape and the memory order of `a`, whose dtype is a float.
std::vector<std::ptrdiff_t> dense_strides(const View& a);

/// The indices of the element that is number `k` in the memory of a dense array.
std::vector<std::size_t> indices(const View& a, std::size_t k);

/// Bytes that an array covers, gaps included.
struct Extent {
  std::uintptr_t begin, end;
};
Extent extent(const View& a);

bool overlap(const View& a, const View& b);

}  // namespace fastopt
