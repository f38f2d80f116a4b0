// The memory of L-BFGS: a ring of pairs, and their product with a gradient.
//
//   Nocedal & Wright   here
//   s_k                step * d       the pair keeps the direction d as it was searched along, and the step
//   y_k                y              g+ - g
//   rho_k              1 / (step dy)  dy = d'y
//   gamma_k            gamma          s'y / y'y of the newest pair
//   alpha_i            along[i]       rho s'q, the same number for d as for s: (d'q) / (d'y)
//   alpha_i - beta     factor[i]      of d instead of s, over gamma; on the way there it is -alpha_i, of y
//   q, r               q              one vector, where d will be; r is gamma q and never formed
//
// The recursion (Algorithm 7.4) goes through all pairs one after the other, and back. Here it makes three passes over
// the pairs: each product with q is that with q_1, where the newest pair has had its turn, or with q as it turns to go
// back, less what the pairs between take away: products d'y of one pair with another, which are kept. So 3m + 6 vectors
// are read and written instead of 10m + 4; and the vectors of a pass come in side by side.
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
  /// The products of pairs with each other are not shown: a history that was loaded, into a new one, takes them again.
  void visit(Archive& archive) override;

  /// How many pairs have been learnt so far, those forgotten included.
  long long learnt() const { return learnt_; }

  /// Pair k, the newest first.
  struct Pair {
    explicit Pair(int index) : d(one_of_several(index)), y(one_of_several(index)) {}
    Buffer d, y;
    double step = 1, dy = 1, yy = 1;
    std::vector<double> older;  // d'y of this y and each older d, the next one first
  };
  Pair& pair(int k);
  const Pair& pair(int k) const { return const_cast<History*>(this)->pair(k); }
  Pair& next() { return pair(-1); }

 private:
  Columns columns(Buffer Pair::* part, std::size_t first);
  std::vector<double> survey(const void* g, double c);

  Vectors vectors_;
  std::vector<Pair> ring_;  // one more than the most: the next pair grows in it
  int newest_ = 0, size_ = 0;
  long long learnt_ = 0;
  Buffer q_;                          // where the numbers of d are others
  std::vector<Pair*> pairs_;          // while aiming, the newest first
  std::vector<const void*> columns_;  // of a pass
};

}  // namespace fastopt
