// One step of one rule over many arrays.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "../kernels/table.hpp"
#include "order.hpp"

namespace fastopt {

/// A parameter with its gradient and state. All of one length, in one memory order.
struct Piece {
  void* p;
  const void* g;
  void* s[max_slots];
  std::size_t n;
  Dtype dtype;
  const Order* order = nullptr;  // of the indices; null where no sum asks, or memory is in the same

  /// Its elements from `begin` on.
  Piece from(std::size_t begin) const {
    const std::size_t offset = begin * item_size[dtype];
    Piece rest{static_cast<char*>(p) + offset, static_cast<const char*>(g) + offset, {}, n - begin, dtype, nullptr};
    for (int k = 0; k < max_slots; ++k) rest.s[k] = s[k] == nullptr ? nullptr : static_cast<char*>(s[k]) + offset;
    return rest;
  }
};

/// A gradient in another memory order than its parameter, and where it is to be in that order.
struct Foreign {
  Order order;  // axes in the order of the parameter's memory, strides of the gradient
  const void* from;
  void* to;
  std::size_t n;
  Dtype dtype;
};

/// What to run. `rule` is an index: it names the same rule in the table of every instruction set.
struct Formula {
  int rule;
  unsigned variant;
  bool decoupled;  // what weight_decay is, where the rule leaves it open
};

/// The work of a step: pieces, and how many bytes of parameter lie before each.
class Work {
 public:
  void add(const Piece& piece);

  std::vector<Piece>& pieces() { return pieces_; }
  const std::vector<Piece>& pieces() const { return pieces_; }
  std::size_t elements() const { return elements_; }

  /// Numbers that a rule keeps from step to step: once, or once for each piece, as its scope says.
  std::size_t scalars(const Rule& rule) const {
    return static_cast<std::size_t>(rule.scalars.size) * (rule.scope == Scope::array ? pieces_.size() : 1);
  }

  /// Whether it has as many elements as the grain: below, neither helpers nor giving up the GIL are worth it. Rules
  /// that look at whole arrays do more with each element.
  bool large(const Rule& rule) const;

  /// Bring gradients into the order of their parameters, on all threads.
  void gather(const std::vector<Foreign>& gradients) const;

  /// The first piece whose gradient is not finite, or how many there are: on all threads.
  std::size_t first_wild() const;

  /// Update everything in place, and the rule's scalars with it: one call of the pool, whatever the number of pieces,
  /// and one before it where the rule needs sums.
  void run(const Formula& formula, const Hyper& hyper, std::int64_t step, double* scalars) const;

 private:
  class Lanes;
  struct Recipe;
  template <class F>
  void share(int part, int parts, const F& f) const;
  void update(const Recipe& recipe, int part, int parts) const;
  std::vector<double> sums(const Recipe& recipe) const;
  int threads(const Rule& rule) const;

  std::vector<Piece> pieces_;
  std::vector<std::size_t> before_{0};  // before_[k]: bytes of p in pieces 0..k-1
  std::vector<std::size_t> blocks_{0};  // blocks_[k]: blocks of a survey in pieces 0..k-1
  std::size_t elements_ = 0;
  std::size_t traffic_ = 0;  // bytes read and written by a step
};

}  // namespace fastopt
