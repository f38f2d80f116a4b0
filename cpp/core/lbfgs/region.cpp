#include "region.hpp"

#include <cmath>

namespace fastopt {

Results Region::take(const void*, const void* gradient, void* g, double) {
  return vectors_.run(&Passes::take, {{gradient}, {g}, {}});
}

Aim Region::aim(const void*, const void* g, double dg) { return model_.aim(g, dg); }

/// Along d = -g / max |g|, which does not overflow; to begin with by a step of length 1.
Aim Region::aim_steepest(const void*, const void* g, double steepness) {
  const Results found = vectors_.run(&Passes::steepest, {{g}, {model_.d()}, {-1 / steepness}});
  return {found[0], found[1], std::sqrt(steepness / -found[0])};
}

double Region::relative(const void* x, const void* g) {
  return vectors_.run(&Passes::relative, {{x, gradient(x, g)}, {}, {}})[0];
}

Aim Region::aim_relative(const void* x, const void* g) {
  const void* v = gradient(x, g);
  const double most = vectors_.run(&Passes::relative, {{x, v}, {}, {}})[0];
  const Results found = vectors_.run(&Passes::steepest_relative, {{x, v}, {model_.d()}, {-1 / most}});
  return {found[0], found[1], cautious};
}

double Region::place(const void* x, void* trial, double step) {
  return vectors_.run(&Passes::move, {{x, model_.d()}, {trial}, {step}})[0];
}

Results Region::compare(const void*, const void*, double, const void* gradient, const void* g, void* kept, double) {
  return vectors_.run(&Passes::compare, {{gradient, g, model_.d()}, {kept, model_.y()}, {}});
}

}  // namespace fastopt
