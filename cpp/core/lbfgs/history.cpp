#include "history.hpp"

#include <algorithm>
#include <cmath>

namespace fastopt {

History::History(const Vectors& vectors, int most) : vectors_(vectors) {
  ring_.reserve(static_cast<std::size_t>(most) + 1);
  for (int k = 0; k <= most; ++k) ring_.emplace_back(k + 1);
}

History::Pair& History::pair(int k) {
  const int length = static_cast<int>(ring_.size());
  return ring_[static_cast<std::size_t>((newest_ - k + length) % length)];
}

void* History::d() {
  vectors_.reserve(next().d);
  return next().d.get();
}

void* History::y() {
  vectors_.reserve(next().y);
  return next().y.get();
}

void History::learn(const Change& change) {
  Pair& pair = next();
  pair.step = change.step;
  pair.dy = change.dy;
  pair.yy = change.yy;
  pair.older.clear();
  newest_ = (newest_ + 1) % static_cast<int>(ring_.size());
  size_ = std::min(size_ + 1, most());
  ++learnt_;
}

/// One vector of each pair from pair `first` on.
Columns History::columns(Buffer Pair::* part, std::size_t first) {
  columns_.clear();
  for (std::size_t k = first; k < pairs_.size(); ++k) columns_.push_back((pairs_[k]->*part).get());
  Columns columns{};
  columns.column = columns_.data();
  columns.count = static_cast<int>(columns_.size());
  return columns;
}

/// The products d'q_1 of each pair with q_1 = g + c y of the newest; and its y with each older d, if they are missing.
std::vector<double> History::survey(const void* g, double c) {
  std::vector<double> found;
  for (std::size_t k = pairs_.size() - 1; k-- > 0;) {
    const bool complete = k + pairs_[k]->older.size() + 1 >= pairs_.size();
    if (k > 0 && complete) continue;  // as all pairs but the newest are, unless the history was loaded
    Columns older = columns(&Pair::d, k + 1);
    older.v = g;
    older.w = pairs_[k]->y.get();
    older.scale = c;
    found = vectors_.run(&Passes::survey, older, 2 * older.count);
    if (!complete) pairs_[k]->older.assign(found.begin() + older.count, found.end());
    found.resize(static_cast<std::size_t>(older.count));
  }
  return found;
}

Aim History::aim(const void* g, double dg) {
  pairs_.clear();
  for (int k = 0; k < size_; ++k) pairs_.push_back(&pair(k));
  const std::size_t count = pairs_.size();
  const Pair& newest = *pairs_[0];
  std::vector<double> along(count), factor(count);

  // From the newest pair to the oldest: q = (I - rho y s') q.
  if (std::isnan(dg)) dg = vectors_.run(&Passes::dot, {{g, newest.d.get()}, {}, {}})[0];
  along[0] = dg / newest.dy;
  factor[0] = -along[0];
  const std::vector<double> dq = survey(g, factor[0]);
  for (std::size_t k = 1; k < count; ++k) {
    double product = dq[k - 1];
    for (std::size_t j = 1; j < k; ++j) product -= along[j] * pairs_[j]->older[k - j - 1];
    along[k] = product / pairs_[k]->dy;
    factor[k] = -along[k];
  }
  void* q = d();  // which takes its place, if their numbers are alike
  if (vectors_.stored() != vectors_.dtype()) {
    vectors_.reserve(q_);
    q = q_.get();
  }
  Columns y = columns(&Pair::y, 0);
  y.scale = 1;
  y.v = g;
  y.factor = factor.data();
  y.out = q;
  const std::vector<double> yq = vectors_.run(&Passes::descend, y, y.count);

  // And back: q = (I - rho s y') q + s along / gamma, as r = gamma q; at last d = -r.
  const double gamma = newest.step * newest.dy / newest.yy;
  for (std::size_t k = count; k-- > 0;) {
    double product = yq[k];
    for (std::size_t j = count - 1; j > k; --j) product += factor[j] * pairs_[k]->older[j - k - 1];
    factor[k] = pairs_[k]->step * along[k] / gamma - product / pairs_[k]->dy;
  }
  for (double& c : factor) c *= -gamma;
  Columns down = columns(&Pair::d, 0);
  down.scale = -gamma;
  down.v = q;
  down.w = g;
  down.factor = factor.data();
  down.out = d();
  const std::vector<double> found = vectors_.run(&Passes::ascend, down, 2, 1);
  return {found[0], found[1], 1};
}

void History::visit(Archive& archive) {
  archive("size", size_);
  size_ = std::clamp(size_, 0, most());
  for (int k = -1; k < size_; ++k) {  // -1: the one that grows
    const std::string name = "pair " + std::to_string(k) + " ";
    Pair& now = pair(k);
    archive(name + "step", now.step);
    archive(name + "dy", now.dy);
    archive(name + "yy", now.yy);
    archive(name + "d", now.d, vectors_.stored());
    if (k >= 0) archive(name + "y", now.y, vectors_.stored());
  }
}

}  // namespace fastopt
