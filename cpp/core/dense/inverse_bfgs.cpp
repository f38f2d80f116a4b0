#include "inverse_bfgs.hpp"

#include <algorithm>
#include <cmath>

#include "../dispatch.hpp"
#include "../pool.hpp"
#include "../threads.hpp"

namespace fastopt {
namespace {

constexpr std::size_t eight = 8;

/// So many variables are seen one by one in the first steps.
constexpr std::size_t few = 20;

/// Numbers in the strips of rows 0 to 8 q - 1, see kernels/triangle.hpp: eights of rows of 8 to 8 q columns.
std::size_t triangle(std::size_t q) { return q * (q + 1) / 2 * eight * eight; }

/// Where element (row, column) lies, column <= row.
std::size_t place(std::size_t row, std::size_t column) {
  const std::size_t q = row / eight, strip = row % eight / 4, tile = strip * (q + 1) + column / eight;
  return triangle(q) + tile * 32 + row % 4 * eight + column % eight;
}

/// The eights of rows at which the bands of a triangle end: about equal areas, of 128 kB at least, at most 16.
std::vector<std::size_t> edges(std::size_t eights) {
  const std::size_t bands = std::clamp<std::size_t>(triangle(eights) / 16384, 1, 16);
  std::vector<std::size_t> all{0};
  for (std::size_t k = 1; k <= bands; ++k) {
    std::size_t q = all.back();
    while (triangle(q) * bands < triangle(eights) * k) ++q;
    all.push_back(q);
  }
  return all;
}

/// a'b, added up as kernels/reduce.hpp does. What fills the last line adds zeros.
double dot(const Aligned& a, const Aligned& b) {
  double sum[max_results];
  table().passes[f64][f64]->dot.run({{a.data(), b.data()}, {}, {}}, 0, a.size(), sum);
  return sum[0];
}

}  // namespace

InverseBfgs::InverseBfgs(std::size_t n)
    : n_(n),
      eights_((n + eight - 1) / eight),
      h_(triangle(eights_)),
      s_(n),
      w_(n),
      taken_s_(n),
      y_(n),
      x_(n),
      hx_(n),
      hy_(n) {
  const auto ends = edges(eights_);
  for (std::size_t k = 1; k < ends.size(); ++k)
    bands_.push_back({ends[k - 1], ends[k], Aligned(ends[k] * eight), Aligned(ends[k] * eight)});
  reset();
}

void InverseBfgs::reset() {
  h_.fill(0);
  for (std::size_t i = 0; i < n_; ++i) h_[place(i, i)] = 1;
  s_.fill(0);
  w_.fill(0);
  scale_ = 1;
  first_ = true;
  taken_ = false;
}

bool InverseBfgs::update(const double* s, const double* y) {
  if (taken_) pass(y_.data());
  taken_s_.assign(s, n_);
  y_.assign(y, n_);
  const double sy = dot(taken_s_, y_), yy = dot(y_, y_);
  taken_ = sy > 0 && std::isfinite(1 / sy) && std::isfinite(sy / yy) && std::isfinite(yy);
  if (taken_ && first_) {
    scale_ = n_ <= few ? std::max(1.0, sy / yy) : sy / yy;
    first_ = false;
  }
  return taken_;
}

double InverseBfgs::direction(const double* g, double* d) {
  x_.assign(g, n_);
  pass(x_.data());
  const double wg = dot(w_, x_), sg = dot(s_, x_);
  for (std::size_t i = 0; i < n_; ++i) hx_[i] = -scale_ * (hx_[i] + (s_[i] * wg + w_[i] * sg));
  std::copy_n(hx_.data(), n_, d);
  return dot(x_, hx_);
}

/// Apply the pending update; compute H x, and H y for the update that is pending afterwards.
void InverseBfgs::pass(const double* x) {
  const Triangle a{h_.data(), s_.data(), w_.data(), x, y_.data()};
  const auto kernel = table().update_multiply;
  const auto task = [&](int part) {
    Band& band = bands_[static_cast<std::size_t>(part)];
    band.hx.fill(0);
    band.hy.fill(0);
    kernel(a, band.first, band.last, band.hx.data(), band.hy.data());
  };
  const std::size_t elements = triangle(eights_);
  const int parts = static_cast<int>(bands_.size());
  const int threads = elements >= grain() ? std::min(num_threads(), parts) : 1;
  run_parts(task, parts, threads, 2 * sizeof(double) * elements >= 256 * grain());

  hx_.fill(0);
  hy_.fill(0);
  for (const Band& band : bands_) {
    for (std::size_t i = 0; i < band.last * eight; ++i) {
      hx_[i] += band.hx[i];
      hy_[i] += band.hy[i];
    }
  }
  if (!taken_) {
    s_.fill(0);
    w_.fill(0);
    return;
  }
  std::swap(s_, taken_s_);
  const double rho = 1 / dot(s_, y_), yhy = dot(y_, hy_);
  const double longer = 1 / (rho * scale_ * yhy);
  if (n_ > few && longer > 1 && std::isfinite(longer * scale_)) scale_ *= longer;
  const double along = 0.5 * rho * (1 / scale_ + rho * yhy);
  for (std::size_t i = 0; i < n_; ++i) w_[i] = along * s_[i] - rho * hy_[i];
  taken_ = false;
}

void InverseBfgs::matrix(double* h) {
  if (taken_) pass(y_.data());
  pass(y_.data());
  for (std::size_t i = 0; i < n_; ++i)
    for (std::size_t j = 0; j <= i; ++j) h[i * n_ + j] = h[j * n_ + i] = scale_ * h_[place(i, j)];
}

}  // namespace fastopt
