// Vectors of one length, and the passes over them, shared out over threads.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <vector>

#include "../../kernels/table.hpp"

namespace fastopt {

/// Memory for one vector. Empty until `Vectors::reserve`.
struct Release {
  std::size_t shift = 0;  // of the vector in its memory, in bytes
  void operator()(unsigned char* vector) const;
};
using Buffer = std::unique_ptr<unsigned char[], Release>;

/// The buffer of one of several vectors that a pass reads together. Vectors that all start at the same place of a page
/// would drive each other out of the cache.
Buffer one_of_several(int index);

using Results = std::array<double, max_results>;

/// Points and gradients are stored as `dtype`, the pairs of the history as `stored`.
class Vectors {
 public:
  Vectors(std::size_t n, Dtype dtype, Dtype stored) : n_(n), dtype_(dtype), stored_(stored) {}

  std::size_t size() const { return n_; }
  Dtype dtype() const { return dtype_; }
  Dtype stored() const { return stored_; }
  std::size_t bytes() const { return n_ * item_size[dtype_]; }  ///< of a point

  /// Make sure that `buffer` holds a vector. All but those of several start at the same place of a page: the loads of
  /// a pass then wait for no store of another vector. Those shorter than a page start with a cache line, and the
  /// shortest, of which a batch has very many, lie close.
  void reserve(Buffer& buffer) const;

  /// Run one pass. Sums and maxima are over fixed blocks and a fixed tree: the same for every number of threads.
  Results run(Pass Passes::* pass, const Operands& operands) const;

  /// Run a pass over many columns, with `count` results, of which the first `sums` are sums.
  std::vector<double> run(ColumnPass Passes::* pass, const Columns& columns, int count, int sums) const;
  std::vector<double> run(ColumnPass Passes::* pass, const Columns& columns, int sums) const {
    return run(pass, columns, sums, sums);
  }

  /// Whether a point or gradient is finite; a sum over it spares the look where it is finite itself.
  bool finite(const void* v, double sum) const;

  /// Whether the passes of a step are worth helpers, and worth giving up the GIL.
  bool large() const;

 private:
  std::size_t n_;
  Dtype dtype_, stored_;
};

}  // namespace fastopt
