// The arrays of a step, cut into shares.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "recipe.hpp"

namespace fastopt {

class Work {
 public:
  void add(const Piece& piece);

  std::vector<Piece>& pieces() { return pieces_; }
  const std::vector<Piece>& pieces() const { return pieces_; }

  /// Whether it has as many elements as the grain: below, neither helpers nor giving up the GIL are worth it. Rules
  /// that look at whole arrays do more with each element.
  bool large(const Rule& rule) const;

  /// Update everything in place, and the rule's scalars with it: one call of the pool, whatever the number of pieces,
  /// and one before it where something has to be known of all of them first. Returns the number of pieces; or, if
  /// gradients are to be finite, the first one that is not, and nothing has changed.
  std::size_t run(const Formula& formula, const Hyper& hyper, std::int64_t step, double* scalars,
                  bool check_finite = false) const;

 private:
  void update(const Recipe& recipe, int part, int parts) const;

  std::vector<Piece> pieces_;
  std::vector<std::size_t> before_{0};  // before_[k]: bytes of p in pieces 0..k-1
  std::size_t elements_ = 0;
  std::size_t traffic_ = 0;  // bytes read and written by a step
};

}  // namespace fastopt
