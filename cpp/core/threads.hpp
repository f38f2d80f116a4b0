// How many threads a step may use.
#pragma once

#include <cstddef>

namespace fastopt {

/// Threads for the next step: 1 in a forked child or inside a parallel region, else what was set, else what
/// OpenMP says (OMP_NUM_THREADS, affinity and threadpoolctl), but not more than the container's CPU quota.
int num_threads();

/// 0 returns to the default.
void set_num_threads(int n);

/// Elements below which a step stays on the calling thread. Sleeping helpers are woken from 256 bytes of traffic
/// for each of these elements, 8 MiB by default.
std::size_t grain();
void set_grain(std::size_t elements);

}  // namespace fastopt
