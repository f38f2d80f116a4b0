// The model of BFGS: the whole inverse Hessian approximation, in double whatever the dtype of the points.
#pragma once

#include <vector>

#include "../lbfgs/model.hpp"
#include "inverse_bfgs.hpp"

namespace fastopt {

class BfgsModel : public Model {
 public:
  explicit BfgsModel(const Vectors& vectors);

  void* d() override { return d_.get(); }
  void* y() override { return y_.get(); }

  bool empty() const override { return empty_; }
  void clear() override;
  Aim aim(const void* g, double dg) override;
  void learn(const Change& change) override;

  /// The inverse Hessian, n x n.
  void matrix(double* h) { h_.matrix(h); }

  /// Throws std::runtime_error: the matrix is not saved.
  void visit(Archive& archive) override;

 private:
  Vectors vectors_;
  Buffer d_, y_;
  InverseBfgs h_;
  std::vector<double> a_, b_;  // s and y, or g and d, in double
  bool empty_ = true;
};

}  // namespace fastopt
