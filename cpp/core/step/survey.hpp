// What has to be known of all arrays before the first element is updated.
#pragma once

#include <cstddef>
#include <vector>

#include "recipe.hpp"

namespace fastopt {

struct Survey {
  std::vector<double>
      sums;          // the rule's, of each piece: those of its blocks in their order, whatever threads took them
  std::size_t wild;  // the first piece whose gradient is not finite; as many as there are where all are
};

/// Take the sums of the recipe, if there is one that has some, and look for what is not finite, if asked: in one pass.
Survey survey(const std::vector<Piece>& pieces, const Recipe* recipe, bool check_finite, int threads, bool wake);

}  // namespace fastopt
