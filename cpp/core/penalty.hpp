// A penalty over the elements of an array: the same sum whatever the number of threads.
#pragma once

#include <cstddef>

#include "../kernels/table.hpp"

namespace fastopt {

/// The penalty of that name in the table in use, or null.
const Penalty* find_penalty(const char* name);

/// Write the gradient at `p` into `g`, or add it; returns the penalty but for its strength, summed in double.
double run(const Penalty& penalty, Dtype dtype, const double* parameters, const void* p, void* g, std::size_t n,
           bool add);

}  // namespace fastopt
