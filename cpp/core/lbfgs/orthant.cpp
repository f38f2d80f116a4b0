#include "orthant.hpp"

namespace fastopt {

Orthant::Orthant(const Vectors& vectors, Model& model, const void* l1) : Region(vectors, model), l1_(l1) {
  vectors_.reserve(downhill_);
}

void Orthant::admit(void* x) { penalty_ = vectors_.run(&Passes::penalty, {{x, l1_}, {}, {}})[0]; }

Results Orthant::take(const void* x, const void* gradient, void* g, double noise) {
  const Results found = Region::take(x, gradient, g, noise);
  return {found[0], vectors_.run(&Passes::subgradient, {{x, g, l1_}, {downhill_.get()}, {}})[0]};
}

const void* Orthant::gradient(const void* x, const void* g) {
  vectors_.run(&Passes::subgradient, {{x, g, l1_}, {downhill_.get()}, {}});
  return downhill_.get();
}

Aim Orthant::aim(const void* x, const void* g, double) {
  const void* downhill = gradient(x, g);
  const double step = model_.aim(downhill, unknown).step;
  const Results found = vectors_.run(&Passes::lead, {{x, downhill, l1_}, {model_.d()}, {}});
  return {found[0], found[1], step};
}

Aim Orthant::aim_steepest(const void* x, const void* g, double steepness) {
  return Region::aim_steepest(x, gradient(x, g), steepness);
}

double Orthant::place(const void* x, void* trial, double step) {
  const Results found = vectors_.run(&Passes::move_in_orthant, {{x, model_.d(), l1_}, {trial}, {step}});
  penalty_ = found[0];
  return found[1];
}

Results Orthant::compare(const void* x, const void* trial, double step, const void* gradient, const void* g, void* kept,
                         double) {
  return vectors_.run(&Passes::compare_in_orthant,
                      {{gradient, g, model_.d(), x, trial, l1_}, {kept, model_.y()}, {step}});
}

void Orthant::settle(const void* x, const void* trial, double step) {
  vectors_.run(&Passes::way, {{x, trial}, {model_.d()}, {step}});
}

}  // namespace fastopt
