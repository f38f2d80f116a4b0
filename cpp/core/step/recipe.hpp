// A rule ready to run: its kernels, and its constants in one step.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "piece.hpp"

namespace fastopt {

/// What to run. `rule` is an index: it names the same rule in the table of every instruction set.
struct Formula {
  int rule;
  unsigned variant;
  bool decoupled;  // what weight_decay is, where the rule leaves it open
};

/// How `weight_decay` acts in a step.
Decay decay_of(const Rule& rule, const Formula& formula, const Hyper& hyper);

/// Numbers that a rule keeps from step to step: once, or once for each array, as its scope says.
std::size_t scalars_of(const Rule& rule, std::size_t arrays);

/// First the sums, if the rule has some, then `settle`, then the update.
class Recipe {
 public:
  /// `scalars`: the rule's, as the last step left them.
  Recipe(const Rule& rule, const Formula& formula, const Hyper& hyper, std::int64_t step,
         const std::vector<Piece>& pieces, std::size_t elements, const double* scalars);

  /// How many sums there are, and those of the first `n` elements of `some`, a part of this piece.
  std::size_t sums() const { return summed_; }
  void survey(std::size_t piece, const Piece& some, std::size_t n, double* sums) const {
    kernels_[some.dtype]->survey(lane(piece, some.dtype), some.p, some.g, some.s, n, sums);
  }

  /// Take the scalars one step on, and derive the constants. `sums` has those of each piece, one after another.
  void settle(std::vector<double> sums);

  /// Update the first `n` elements of `some`, a part of this piece.
  void update(std::size_t piece, const Piece& some, std::size_t n) const {
    kernels_[some.dtype]->block(lane(piece, some.dtype), some.p, some.g, some.s, n);
  }

  /// The scalars after the step.
  const std::vector<double>& scalars() const { return after_; }

 private:
  /// The constants of a step, for each dtype; for each piece where the rule tells arrays apart.
  class Lanes {
   public:
    explicit Lanes(std::size_t count) : more_(count > 2 ? count : 0) {}
    void* operator[](std::size_t k) { return more_.empty() ? few_[k].bytes : more_[k].bytes; }
    const void* operator[](std::size_t k) const { return more_.empty() ? few_[k].bytes : more_[k].bytes; }

   private:
    struct alignas(64) Lane {
      unsigned char bytes[lane_bytes];
    };
    Lane few_[2];
    std::vector<Lane> more_;
  };

  const void* lane(std::size_t piece, Dtype dtype) const { return lanes_[by_array_ ? piece : std::size_t{dtype}]; }
  std::size_t scopes() const { return by_array_ ? pieces_.size() : 1; }
  Step now(std::size_t scope, const double* sums) const;
  void prepare(std::size_t scope, const Step& now);

  const Rule& rule_;
  const Hyper& hyper_;
  const std::int64_t step_;
  const std::vector<Piece>& pieces_;
  const std::size_t elements_;
  const double* before_;
  const bool by_array_;
  const std::size_t kept_, summed_;  // scalars and sums of one scope
  const Kernel* kernels_[2];
  Lanes lanes_;
  std::vector<double> after_;
};

}  // namespace fastopt
