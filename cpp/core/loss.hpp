// A loss over a batch: cut over rows, the same sum whatever the number of threads.
#pragma once

#include <cstddef>

#include "../kernels/table.hpp"

namespace fastopt {

/// The place of a loss in the table, -1 where there is none of that name: the same for every instruction set.
int loss_index(const char* name);

/// Whether more than one thread would take part: only then is giving up the GIL worth it.
bool large(const Batch& batch);

/// The first row whose target is illegal, or `batch.rows`.
std::size_t first_illegal(int loss, Dtype dtype, const Batch& batch);

/// Gradient and values; returns the sum of the values, taken in double.
double run(int loss, Dtype dtype, const Batch& batch);

}  // namespace fastopt
