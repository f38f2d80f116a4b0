// From what a descent is asked to be to its driver: which model of the curvature, which region.
#pragma once

#include "driver.hpp"

namespace fastopt {

enum class Curvature { pairs, matrix };

/// Of vectors that are null there are none; bounds are both there or none.
struct Request {
  Curvature curvature;
  int memory;      // pairs kept, if they are what is kept
  const void* l1;  // a weight for each variable
  const void *lower, *upper;
};

/// A driver that has not begun. It reads weights and bounds here.
Driver build(const Vectors& vectors, const Request& request, const Limits& limits, const MoreThuente::Options& search);

}  // namespace fastopt
