#include "box.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

namespace fastopt {

using Eigen::VectorXd;

Box::Box(const Vectors& vectors, History& history, const void* lower, const void* upper)
    : Region(vectors, history),
      compact_(vectors, history),
      lower_(lower),
      upper_(upper),
      bounded_(vectors_.finite(lower, unknown) && vectors_.finite(upper, unknown)) {
  vectors_.reserve(breaks_);
  vectors_.reserve(u_);
}

void Box::admit(void* x) { vectors_.run(&Passes::clip, {{lower_, upper_}, {x}, {}}); }

Results Box::take(const void* x, const void* gradient, void* g, double noise) {
  const Results found = Region::take(x, gradient, g, noise);
  return {found[0], vectors_.run(&Passes::free_slopes, {{x, g, lower_, upper_}, {}, {noise}})[0]};
}

double Box::place(const void* x, void* trial, double step) {
  return vectors_.run(&Passes::move_in_box, {{x, model_.d(), lower_, upper_}, {trial}, {step}})[0];
}

Results Box::compare(const void*, const void* trial, double, const void* gradient, const void* g, void* kept,
                     double noise) {
  return vectors_.run(&Passes::compare_in_box,
                      {{gradient, g, model_.d(), trial, lower_, upper_}, {kept, model_.y()}, {noise}});
}

double Box::relative(const void* x, const void* g) {
  vectors_.run(&Passes::breaks, {{x, g, lower_, upper_}, {breaks_.get(), u_.get()}, {}});
  return Region::relative(x, u_.get());
}

/// As far as the first bound at most.
Aim Box::aim_relative(const void* x, const void* g) {
  const double most = relative(x, g);
  const Results found = vectors_.run(&Passes::steepest_relative, {{x, u_.get()}, {model_.d()}, {1 / most}});
  const double share = vectors_.run(&Passes::room, {{x, model_.d(), lower_, upper_}, {}, {}})[0];
  return {-found[0], found[1], cautious, 1 / share};
}

/// Towards P(x - g): all the way where every element is bounded, else by a step of length 1. g is scaled where it
/// is large; to 1 where its square overflows, as no curvature will be learnt then that could make up for it.
Aim Box::aim_steepest(const void* x, const void* g, double steepness) {
  const double scale = std::min(1.0, (steepness < 1e150 ? 1e15 : 1) / steepness);
  const Results found = vectors_.run(&Passes::downhill_in_box, {{x, g, lower_, upper_}, {model_.d()}, {-scale}});
  const double most = 1 / found[3];
  return {found[0], found[2], bounded_ ? 1 : std::min(1 / std::sqrt(found[1]), most), most};
}

Aim Box::aim(const void* x, const void* g, double dg) {
  // Where all can move and the minimum of the model over the whole space is in the box, it is what is sought.
  const Results breaks = vectors_.run(&Passes::breaks, {{x, g, lower_, upper_}, {breaks_.get(), u_.get()}, {}});
  if (breaks[1] == 0) {
    const Aim inner = model_.aim(g, dg);
    const double share = vectors_.run(&Passes::room, {{x, model_.d(), lower_, upper_}, {}, {}})[0];
    if (share <= 1) return {inner.slope, inner.longest, inner.step, 1 / share};
  }
  if (!compact_.update()) return {unknown, 0, 0};
  Cauchy at = cauchy(x, g, breaks);
  const double theta = compact_.theta();
  void* u = u_.get();
  double whole = 1;
  if (at.met == 0) {
    // u = -B^-1 g = -g / theta - W v / theta^2, and p = -W'g
    at.time = 0;
    compact_.combine(-1 / theta, g, compact_.solve({}, at.p) / (theta * theta), {}, u);
  } else if (at.met < vectors_.size()) {
    // r = g + B (x^c - x), and u = -r / theta - W_F v / theta^2
    const Compact::Free free{breaks_.get(), at.time};
    compact_.combine(1 - theta * at.time, g, -compact_.times_m(at.c), free, u);
    const VectorXd v = compact_.solve(free, compact_.products(u));
    compact_.combine(-1 / theta, u, v / -(theta * theta), free, u);
  } else {
    whole = 0;
  }

  const auto bend = [&](double a) {
    return vectors_.run(&Passes::bend, {{x, g, breaks_.get(), u, lower_, upper_}, {model_.d()}, {at.time, a}});
  };
  Results found = bend(whole);
  if (!(found[0] < 0) && whole > 0) {
    const double share = vectors_.run(&Passes::reach, {{x, g, breaks_.get(), u, lower_, upper_}, {}, {at.time}})[0];
    found = bend(std::min(1.0, 1 / share));
  }
  return {found[0], found[1], 1, std::max(1.0, 1 / found[2])};
}

/// The first minimum of the model along the path P(x - t g).
Box::Cauchy Box::cauchy(const void* x, const void* g, const Results& breaks) {
  const VectorXd p = compact_.products(u_.get());
  Cauchy at{0, VectorXd::Zero(p.size()), p, static_cast<std::size_t>(breaks[1])};
  const double curvature = compact_.theta() * breaks[0] - p.dot(compact_.times_m(p));
  if (breaks[0] / curvature * breaks[2] >= 1 || !(curvature > 0)) {
    if (vectors_.dtype() == f32)
      walk(at, static_cast<const float*>(x), static_cast<const float*>(g), -breaks[0], curvature);
    else
      walk(at, static_cast<const double*>(x), static_cast<const double*>(g), -breaks[0], curvature);
  } else {
    at.time = breaks[0] / curvature;
    at.c = at.time * at.p;
  }
  return at;
}

/// From break to break (Algorithm CP), with p = W'd, and slope and curvature of the model along d.
template <class T>
void Box::walk(Cauchy& at, const T* x, const T* g, double slope, double curvature) {
  const double theta = compact_.theta();
  const double least = std::numeric_limits<double>::epsilon() * theta * -slope;
  const T* breaks = reinterpret_cast<const T*>(breaks_.get());
  const T* lower = static_cast<const T*>(lower_);
  const T* upper = static_cast<const T*>(upper_);
  queue_.clear();
  for (std::size_t i = 0; i < vectors_.size(); ++i)
    if (breaks[i] > 0 && std::isfinite(breaks[i])) queue_.emplace_back(breaks[i], i);
  std::make_heap(queue_.begin(), queue_.end(), std::greater<>());

  curvature = std::max(curvature, least);
  while (!queue_.empty()) {
    const auto [time, i] = queue_.front();
    const double by = time - at.time;
    if (-slope / curvature < by) break;
    std::pop_heap(queue_.begin(), queue_.end(), std::greater<>());
    queue_.pop_back();
    at.time = time;
    at.c += by * at.p;
    ++at.met;
    const double gi = g[i], z = double(gi < 0 ? upper[i] : lower[i]) - x[i];
    const VectorXd w = compact_.row(i), mw = compact_.times_m(w);
    slope += by * curvature + gi * gi + theta * gi * z - gi * mw.dot(at.c);
    curvature -= theta * gi * gi + 2 * gi * mw.dot(at.p) + gi * gi * mw.dot(w);
    curvature = std::max(curvature, least);
    at.p += gi * w;
  }
  const double rest = std::max(0.0, -slope / curvature);
  at.time += rest;
  at.c += rest * at.p;
}

}  // namespace fastopt
