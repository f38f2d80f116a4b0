#include "compact.hpp"

#include <Eigen/LU>
#include <algorithm>
#include <cmath>

namespace fastopt {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;
using Part = Eigen::Map<const VectorXd, 0, Eigen::InnerStride<2>>;

// Of a vector with one element for each column of W.
Part of_y(const VectorXd& v) { return {v.data(), v.size() / 2}; }
Part of_s(const VectorXd& v) { return {v.data() + 1, v.size() / 2}; }

}  // namespace

Columns Compact::columns() const {
  Columns columns{};
  columns.column = columns_.data();
  columns.count = static_cast<int>(columns_.size());
  return columns;
}

/// The products of the columns from `first_row` on with all others; the other rows are 0.
MatrixXd Compact::gram(int first_row, const Free& free) const {
  Columns given = columns();
  given.first_row = first_row;
  given.breaks = free.breaks;
  given.time = free.time;
  const int count = given.count;
  const std::vector<double> found =
      vectors_.run(&Passes::gram, given, (count * (count + 1) - first_row * (first_row + 1)) / 2);
  MatrixXd products = MatrixXd::Zero(count, count);
  auto next = found.begin();
  for (int row = first_row; row < count; ++row)
    for (int k = 0; k <= row; ++k) products(row, k) = products(k, row) = *next++;
  return products;
}

bool Compact::update() {
  if (learnt_ == history_.learnt() && pairs_ == history_.size()) return true;
  const int before = pairs_;
  const auto fresh = static_cast<int>(std::min<long long>(history_.learnt() - learnt_, history_.size()));
  pairs_ = history_.size();
  const bool grown = learnt_ >= 0 && pairs_ == std::min(before + fresh, history_.most());  // it was not cleared
  learnt_ = history_.learnt();
  const int count = 2 * pairs_;
  columns_.resize(static_cast<std::size_t>(count));
  scale_.resize(count);
  theta_ = pair(pairs_ - 1).yy / (pair(pairs_ - 1).step * pair(pairs_ - 1).dy);
  for (int i = 0; i < pairs_; ++i) {
    const History::Pair& now = pair(i);
    columns_[static_cast<std::size_t>(2 * i)] = now.y.get();
    columns_[static_cast<std::size_t>(2 * i + 1)] = now.d.get();
    scale_(2 * i) = 1 / std::sqrt(now.step * now.dy);
    scale_(2 * i + 1) = theta_ * now.step * scale_(2 * i);
  }

  const int kept = grown ? count - 2 * fresh : 0;
  MatrixXd products = gram(kept, {});
  products.topLeftCorner(kept, kept) = gram_.bottomRightCorner(kept, kept);
  gram_ = products;

  const MatrixXd w = scale_.asDiagonal() * gram_ * scale_.asDiagonal();
  lower_ = MatrixXd::Zero(pairs_, pairs_);
  theta_ss_.resize(pairs_, pairs_);
  for (int i = 0; i < pairs_; ++i)
    for (int k = 0; k < pairs_; ++k) {
      theta_ss_(i, k) = w(2 * i + 1, 2 * k + 1) / theta_;
      if (k < i) lower_(i, k) = w(2 * i + 1, 2 * k) / theta_;
    }
  cholesky_.compute(theta_ss_ + lower_ * lower_.transpose());
  return cholesky_.info() == Eigen::Success;
}

VectorXd Compact::products(const void* v) const {
  Columns given = columns();
  given.v = v;
  const std::vector<double> found = vectors_.run(&Passes::products, given, given.count);
  return Eigen::Map<const VectorXd>(found.data(), given.count).cwiseProduct(scale_);
}

VectorXd Compact::row(std::size_t i) const {
  VectorXd found(scale_.size());
  for (Eigen::Index k = 0; k < found.size(); ++k) {
    const void* column = columns_[static_cast<std::size_t>(k)];
    found(k) = scale_(k) * (vectors_.stored() == f32 ? double(static_cast<const float*>(column)[i])
                                                     : static_cast<const double*>(column)[i]);
  }
  return found;
}

/// From [-I L'; L theta S'S] (a, b) = v.
VectorXd Compact::times_m(const VectorXd& v) const {
  const VectorXd b = cholesky_.solve(of_s(v) + lower_ * of_y(v));
  const VectorXd a = lower_.transpose() * b - of_y(v);
  VectorXd found(v.size());
  for (Eigen::Index i = 0; i < b.size(); ++i) found(2 * i) = a(i), found(2 * i + 1) = b(i);
  return found;
}

VectorXd Compact::solve(const Free& free, const VectorXd& v) const {
  MatrixXd matrix = scale_.asDiagonal() * (free.breaks == nullptr ? gram_ : gram(0, free)) * scale_.asDiagonal();
  matrix /= -theta_;
  for (int i = 0; i < pairs_; ++i) {
    matrix(2 * i, 2 * i) -= 1;
    for (int k = 0; k < pairs_; ++k) {
      matrix(2 * i + 1, 2 * k + 1) += theta_ss_(i, k);
      matrix(2 * i + 1, 2 * k) += lower_(i, k);
      matrix(2 * k, 2 * i + 1) += lower_(i, k);
    }
  }
  return matrix.partialPivLu().solve(v);
}

void Compact::combine(double scale, const void* v, const VectorXd& c, const Free& free, void* out) const {
  const VectorXd factor = c.cwiseProduct(scale_);
  Columns given = columns();
  given.scale = scale;
  given.v = v;
  given.factor = factor.data();
  given.breaks = free.breaks;
  given.time = free.time;
  given.out = out;
  vectors_.run(&Passes::combine, given, 0);
}

}  // namespace fastopt
