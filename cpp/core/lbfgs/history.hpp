// The memory of L-BFGS: a ring of pairs, and their product with a gradient.
//
//   Nocedal & Wright   here
//   s_k                step * d       the pair keeps the direction d as it was searched along, and the step
//   y_k                y              g+ - g
//   rho_k              1 / (step dy)  dy = d'y
//   gamma_k            gamma          s'y / y'y of the newest pair
//   alpha_i            along[i]       rho s'q, the same number for d as for s: (d'q) / (d'y)
//   q, r               q              one vector, r is gamma q and never formed
//
// The recursion (Algorithm 7.4) makes 2m + 1 passes. Each adds one vector of the history to q and takes the
// product with the next one: 8m + 3 vectors read and written instead of 10m + 4.
#pragma once

#include <vector>

#include "model.hpp"

namespace fastopt {

class History : public Model {
 public:
  History(const Vectors& vectors, int most);

  int size() const { return size_; }
  int most() const { return static_cast<int>(ring_.size()) - 1; }

  /// Of the next pair, which takes shape where it will stay.
  void* d() override;
  void* y() override;

  bool empty() const override { return size_ == 0; }
  void clear() override { size_ = 0; }
  Aim aim(const void* g, double dg) override;
  void learn(const Change& change) override;
  void visit(Archive& archive) override;

  /// Pair k, the newest first.
  struct Pair {
    Buffer d = no_buffer(), y = no_buffer();
    double step = 1, dy = 1, yy = 1;
  };
  Pair& pair(int k);
  const Pair& pair(int k) const { return const_cast<History*>(this)->pair(k); }
  Pair& next() { return pair(-1); }

 private:
  Vectors vectors_;
  std::vector<Pair> ring_;  // one more than the most: the next pair grows in it
  int newest_ = 0, size_ = 0;
  Buffer q_ = no_buffer();
  std::vector<double> along_;
};

}  // namespace fastopt
