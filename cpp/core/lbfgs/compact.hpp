// The memory of L-BFGS as a matrix: B = theta I - W M W'.
//
// R.H. Byrd, J. Nocedal, R.B. Schnabel: Representations of quasi-Newton matrices and their use in limited memory
// methods. Mathematical Programming 63 (1994), 129-156.
//
//   Byrd & al.     here
//   theta_k        theta()        y'y / s'y of the newest pair
//   S_k, Y_k       pairs of the history, both divided by sqrt(s'y): then D_k is the unit matrix
//   W_k            columns y, theta s, of the oldest pair first
//   L_k            lower_         of S'Y what is below the diagonal
//   M_k            times_m
//
// What is long is done in passes: they read each pair once, for the products of the newest with all others.
#pragma once

#include <Eigen/Cholesky>
#include <Eigen/Core>

#include "history.hpp"

namespace fastopt {

class Compact {
 public:
  Compact(const Vectors& vectors, History& history) : vectors_(vectors), history_(history) {}

  /// Take in what the history has learnt. Gives whether B is positive definite, as far as numbers tell.
  bool update();

  /// Which elements a product is over: those whose break is above a time, or all.
  struct Free {
    const void* breaks = nullptr;
    double time = 0;
  };

  double theta() const { return theta_; }
  Eigen::VectorXd products(const void* v) const;  ///< W'v
  Eigen::VectorXd row(std::size_t i) const;       ///< W'e_i
  Eigen::VectorXd times_m(const Eigen::VectorXd& v) const;

  /// (M^-1 - Z'Z / theta)^-1 v, with the rows Z of W that are free.
  Eigen::VectorXd solve(const Free& free, const Eigen::VectorXd& v) const;

  /// out = scale v + W c, 0 where not free; may be v itself.
  void combine(double scale, const void* v, const Eigen::VectorXd& c, const Free& free, void* out) const;

 private:
  const History::Pair& pair(int i) const { return history_.pair(pairs_ - 1 - i); }
  Columns columns() const;
  Eigen::MatrixXd gram(int first_row, const Free& free) const;

  Vectors vectors_;
  History& history_;
  int pairs_ = 0;
  long long learnt_ = -1;  // how many pairs the history had learnt when they were taken in
  double theta_ = 1;
  std::vector<const void*> columns_;  // y, d of each pair
  Eigen::VectorXd scale_;             // from those to the columns of W
  Eigen::MatrixXd gram_;              // their products
  Eigen::MatrixXd lower_, theta_ss_;
  Eigen::LLT<Eigen::MatrixXd> cholesky_;  // of theta S'S + L L'
};

}  // namespace fastopt
