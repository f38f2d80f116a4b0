// Vectors for kernels: they begin on a cache line, and zeros fill the last one.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace fastopt {

class Aligned {
 public:
  static constexpr std::size_t in_line = 8;

  explicit Aligned(std::size_t n) : lines_((n + in_line - 1) / in_line) {}

  double* data() { return lines_.data()->of; }
  const double* data() const { return lines_.data()->of; }
  double& operator[](std::size_t i) { return data()[i]; }
  double operator[](std::size_t i) const { return data()[i]; }

  /// With what fills the last line.
  std::size_t size() const { return lines_.size() * in_line; }

  void fill(double value) { std::fill_n(data(), size(), value); }
  void assign(const double* values, std::size_t n) { std::copy_n(values, n, data()); }

 private:
  struct alignas(64) Line {
    double of[in_line];
  };
  std::vector<Line> lines_;
};

}  // namespace fastopt
