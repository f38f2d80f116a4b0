// Roots of symmetric matrices, by their eigenvalues.
#pragma once

#include "eigen.hpp"
#include "product.hpp"

namespace fastopt::FASTOPT_ISA {
namespace {

/// A symmetric matrix with no negative eigenvalue to the power -1 / 2 or -1 / 4. An eigenvalue counts without its sign,
/// which is that of a rounding, and as no less than what the largest one is rounded by.
class InverseRoot {
 public:
  InverseRoot(Room& room, std::size_t n)
      : n_(n), spectrum_(room, n), product_(room, n, n), result_(room.of<double>(n * n)) {}

  template <class T>
  void operator()(const Team& team, const T* a, int root, T* to) const {
    spectrum_(team, a);
    double* const half = spectrum_.vectors;
    const double rounding = Least<T>::epsilon * absolute(n_ > 0 ? spectrum_.values[0] : 0.0);
    const double least = maximum(static_cast<double>(Least<T>::normal), rounding);
    share_blocks(team, n_, 64, [&](std::size_t first, std::size_t last) {
      for (std::size_t k = first; k < last; ++k) {
        double value = maximum(absolute(spectrum_.values[k]), least);
        for (int r = root; r > 1; r /= 2) value = sqrt(value);
        const double size = sqrt(value);
        for (std::size_t j = 0; j < n_; ++j) half[k * n_ + j] = half[k * n_ + j] / size;
      }
    });
    const Matrix<double> rows(half, n_, n_);
    product_(team, result_, rows.transposed(), rows, true);
    each(team, n_ * n_, [to, from = result_](std::size_t i) { to[i] = normal<T>(from[i]); });
  }

 private:
  std::size_t n_;
  Spectrum spectrum_;
  Products<double> product_;
  double* result_;
};

}  // namespace
}  // namespace fastopt::FASTOPT_ISA
