#include "bfgs_model.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace fastopt {
namespace {

/// Write c times the numbers at `from`.
void scale(const void* from, Dtype dtype, double c, std::vector<double>& to) {
  const auto scaled = [c](auto v) { return c * double(v); };
  if (dtype == f32)
    std::transform(static_cast<const float*>(from), static_cast<const float*>(from) + to.size(), to.begin(), scaled);
  else
    std::transform(static_cast<const double*>(from), static_cast<const double*>(from) + to.size(), to.begin(), scaled);
}

}  // namespace

BfgsModel::BfgsModel(const Vectors& vectors)
    : vectors_(vectors), h_(vectors.size()), a_(vectors.size()), b_(vectors.size()) {
  vectors_.reserve(d_);
  vectors_.reserve(y_);
}

void BfgsModel::clear() {
  h_.reset();
  empty_ = true;
}

Aim BfgsModel::aim(const void* g, double) {
  scale(g, vectors_.dtype(), 1, a_);
  double slope = h_.direction(a_.data(), b_.data()), longest = 0;
  for (const double v : b_) longest = std::max(longest, std::abs(v));
  if (vectors_.stored() == f32) {
    slope = 0;  // of the direction as it is stored
    float* d = reinterpret_cast<float*>(d_.get());
    for (std::size_t i = 0; i < b_.size(); ++i) {
      d[i] = static_cast<float>(b_[i]);
      slope += a_[i] * double(d[i]);
    }
  } else {
    std::copy(b_.begin(), b_.end(), static_cast<double*>(d()));
  }
  return {slope, longest, 1};
}

void BfgsModel::learn(const Change& change) {
  scale(d(), vectors_.stored(), change.step, a_);
  scale(y(), vectors_.stored(), 1, b_);
  if (h_.update(a_.data(), b_.data())) empty_ = false;
}

void BfgsModel::visit(Archive&) { throw std::runtime_error("the state of BFGS, a matrix, is not saved"); }

}  // namespace fastopt
