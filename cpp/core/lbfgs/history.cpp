#include "history.hpp"

#include <algorithm>
#include <cmath>

namespace fastopt {

History::History(const Vectors& vectors, int most)
    : vectors_(vectors), ring_(static_cast<std::size_t>(most) + 1), along_(static_cast<std::size_t>(most)) {}

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
  newest_ = (newest_ + 1) % static_cast<int>(ring_.size());
  size_ = std::min(size_ + 1, most());
}

Aim History::aim(const void* g, double dg) {
  vectors_.reserve(q_);
  void* q = q_.get();
  const auto turned = [&](const void* from, const Buffer& v, double c, const Buffer& next) {
    return vectors_.run(&Passes::turn, {{from, v.get(), next.get()}, {q}, {c}})[0];
  };

  // From the newest pair to the oldest: q = (I - rho y s') q.
  double product = std::isnan(dg) ? vectors_.run(&Passes::dot, {{g, pair(0).d.get()}, {}, {}})[0] : dg;
  const int oldest = size_ - 1;
  for (int k = 0; k <= oldest; ++k) {
    const Pair& now = pair(k);
    double& along = along_[static_cast<std::size_t>(k)];
    along = product / now.dy;
    product = turned(k == 0 ? g : q, now.y, -along, k == oldest ? now.y : pair(k + 1).d);
  }

  // And back: q = (I - rho s y') q + s along / gamma, as r = gamma q; at last d = -r.
  const double gamma = pair(0).step * pair(0).dy / pair(0).yy;
  const auto back = [&](int k) {
    const Pair& now = pair(k);
    return now.step * along_[static_cast<std::size_t>(k)] / gamma - product / now.dy;
  };
  for (int k = oldest; k > 0; --k) product = turned(q, pair(k).d, back(k), pair(k - 1).y);
  const Results found = vectors_.run(&Passes::aim, {{q, pair(0).d.get(), g}, {d()}, {-gamma, back(0)}});
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
