// Steps of rules that look at arrays as a whole.
#pragma once

#include <vector>

#include "step.hpp"

namespace fastopt {

/// The shape of the state array of a slot, for a parameter of this shape. No axis is longer than 0 where it has none.
std::vector<std::size_t> state_shape(Shape kind, const std::vector<std::size_t>& shape);

/// Update all pieces by such a rule. Small ones are shared out among threads; large ones come one after another, and
/// the threads share the work on each. All memory that this takes is there before anything is written.
void update_wholes(const std::vector<Piece>& pieces, const Rule& rule, const Hyper& hyper, const Step& step,
                   Decay decay);

}  // namespace fastopt
