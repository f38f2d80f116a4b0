// One step of one rule over many arrays.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "../kernels/table.hpp"

namespace fastopt {

/// A parameter with its gradient and state. All of one length, in one memory order.
struct Piece {
  void* p;
  const void* g;
  void* s[max_slots];
  std::size_t n;
  Dtype dtype;
};

/// What to run. `rule` is an index: it names the same rule in the table of every instruction set.
struct Formula {
  int rule;
  unsigned variant;
  bool maximize;
  bool probe = false;
};

/// The work of a step: pieces, and how many bytes of parameter lie before each.
class Work {
 public:
  void add(const Piece& piece);

  std::vector<Piece>& pieces() { return pieces_; }
  const std::vector<Piece>& pieces() const { return pieces_; }
  std::size_t elements() const { return elements_; }

  /// Whether it has as many elements as the grain: below, neither helpers nor giving up the GIL are worth it.
  bool large() const;

  /// Update everything in place: one call of the pool at the most, whatever the number of pieces.
  void run(const Formula& formula, const double* hyper, std::int64_t step) const;

 private:
  using Kernels = const Kernel* [2];
  void share(const Kernels& kernels, const void* const* lanes, int part, int parts) const;

  std::vector<Piece> pieces_;
  std::vector<std::size_t> before_{0};  // before_[k]: bytes of p in pieces 0..k-1
  std::size_t elements_ = 0;
  std::size_t traffic_ = 0;  // bytes read and written by a step
};

}  // namespace fastopt
