#include "build.hpp"

#include <memory>
#include <utility>

#include "../dense/bfgs_model.hpp"
#include "box.hpp"
#include "history.hpp"
#include "orthant.hpp"

namespace fastopt {

Driver build(const Vectors& vectors, const Request& request, const Limits& limits, const MoreThuente::Options& search) {
  if (request.curvature == Curvature::matrix) {
    auto matrix = std::make_unique<BfgsModel>(vectors);
    auto region = std::make_unique<Free>(vectors, *matrix);
    return {vectors, std::move(matrix), std::move(region), limits, search};
  }
  auto history = std::make_unique<History>(vectors, request.memory);
  std::unique_ptr<Region> region;
  if (request.l1 != nullptr)
    region = std::make_unique<Orthant>(vectors, *history, request.l1);
  else if (request.lower != nullptr)
    region = std::make_unique<Box>(vectors, *history, request.lower, request.upper);
  else
    region = std::make_unique<Free>(vectors, *history);
  return {vectors, std::move(history), std::move(region), limits, search};
}

}  // namespace fastopt
