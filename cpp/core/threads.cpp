#include "threads.hpp"

#ifdef _OPENMP
#include <omp.h>
#endif

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <string>

#include "forks.hpp"

namespace fastopt {
namespace {

std::atomic<int> wanted{0};
std::atomic<std::size_t> smallest{32768};

/// CPUs of the cgroup's quota, 0 where there is none. OpenMP looks at affinity alone, and a container with
/// a quota of one CPU on a large machine would start a team that spends its time being throttled.
int cpu_quota() {
  double quota = 0, period = 0;
  std::string word;
  if (std::ifstream v2("/sys/fs/cgroup/cpu.max"); v2 >> word >> period) {
    if (word == "max") return 0;
    quota = std::strtod(word.c_str(), nullptr);
  } else {
    std::ifstream("/sys/fs/cgroup/cpu/cpu.cfs_quota_us") >> quota;
    std::ifstream("/sys/fs/cgroup/cpu/cpu.cfs_period_us") >> period;
  }
  return quota > 0 && period > 0 ? std::max(1, static_cast<int>(std::ceil(quota / period))) : 0;
}

#ifdef _OPENMP
int default_threads() {
  static const int quota = std::getenv("OMP_NUM_THREADS") == nullptr ? cpu_quota() : 0;
  const int team = omp_get_max_threads();
  return quota > 0 ? std::min(team, quota) : team;
}
#endif

}  // namespace

int num_threads() {
#ifdef _OPENMP
  if (forks() > 0 || omp_in_parallel()) return 1;
  const int n = wanted.load(std::memory_order_relaxed);
  return n > 0 ? n : default_threads();
#else
  return 1;
#endif
}

void set_num_threads(int n) { wanted = n; }

std::size_t grain() { return smallest.load(std::memory_order_relaxed); }
void set_grain(std::size_t elements) { smallest = elements; }

}  // namespace fastopt
