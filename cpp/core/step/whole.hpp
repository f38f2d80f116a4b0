// Steps of rules that look at arrays as a whole.
#pragma once

#include <vector>

#include "piece.hpp"

namespace fastopt {

/// Update all pieces by such a rule. Small ones are shared out among threads; large ones come one after another, and
/// the threads share the work on each. All memory that this takes is there before anything is written.
void update_wholes(const std::vector<Piece>& pieces, const Rule& rule, const Hyper& hyper, const Step& step,
                   Decay decay);

}  // namespace fastopt
