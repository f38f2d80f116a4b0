#include "recipe.hpp"

namespace fastopt {

Decay decay_of(const Rule& rule, const Formula& formula, const Hyper& hyper) {
  if (hyper.weight_decay == 0 || rule.decays == Decays::own) return Decay::none;
  return rule.decays == Decays::decoupled || formula.decoupled ? Decay::decoupled : Decay::l2;
}

std::size_t scalars_of(const Rule& rule, std::size_t arrays) {
  return static_cast<std::size_t>(rule.scalars.size) * (rule.scope == Scope::array ? arrays : 1);
}

Recipe::Recipe(const Rule& rule, const Formula& formula, const Hyper& hyper, std::int64_t step,
               const std::vector<Piece>& pieces, std::size_t elements, const double* scalars)
    : rule_(rule),
      hyper_(hyper),
      step_(step),
      pieces_(pieces),
      elements_(elements),
      before_(scalars),
      by_array_(rule_.by_array()),
      kept_(static_cast<std::size_t>(rule_.scalars.size)),
      summed_(static_cast<std::size_t>(rule_.sums.size)),
      kernels_{&rule.kernel(formula.variant, decay_of(rule, formula, hyper), f32),
               &rule.kernel(formula.variant, decay_of(rule, formula, hyper), f64)},
      lanes_(by_array_ ? pieces.size() : 2),
      after_(scalars, scalars + scopes() * kept_) {
  for (std::size_t k = 0; summed_ > 0 && k < scopes(); ++k) prepare(k, now(k, nullptr));
}

void Recipe::settle(std::vector<double> sums) {
  if (!by_array_ && summed_ > 0)
    for (std::size_t k = 1; k < pieces_.size(); ++k)
      for (std::size_t i = 0; i < summed_; ++i) sums[i] += sums[k * summed_ + i];
  for (std::size_t k = 0; k < scopes(); ++k) {
    const Step step = now(k, sums.data() + k * summed_);
    if (rule_.settle != nullptr) rule_.settle(hyper_, step, after_.data() + k * kept_);
    prepare(k, step);
  }
}

Step Recipe::now(std::size_t scope, const double* sums) const {
  const std::size_t elements = by_array_ ? pieces_[scope].n : elements_;
  return {static_cast<double>(step_), static_cast<double>(elements), before_ + scope * kept_,
          after_.data() + scope * kept_, sums};
}

void Recipe::prepare(std::size_t scope, const Step& now) {
  if (by_array_) return kernels_[pieces_[scope].dtype]->prepare(lanes_[scope], hyper_, now);
  for (const Dtype dtype : {f32, f64}) kernels_[dtype]->prepare(lanes_[dtype], hyper_, now);
}

}  // namespace fastopt
