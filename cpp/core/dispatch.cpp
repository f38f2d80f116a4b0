#include "dispatch.hpp"

#include <atomic>
#include <cstdlib>
#include <stdexcept>

namespace fastopt {

namespace baseline {
const Table& table();
}
#ifdef FASTOPT_HAS_avx2
namespace avx2 {
const Table& table();
}
#endif
#ifdef FASTOPT_HAS_avx512
namespace avx512 {
const Table& table();
}
#endif

namespace {

struct Candidate {
  const Table& (*table)();
  bool supported;
};

/// Poorest first. The features probed here are exactly those the flags in CMakeLists.txt name.
std::vector<Candidate> candidates() {
  std::vector<Candidate> all{{baseline::table, true}};
#ifdef FASTOPT_HAS_avx2
  all.push_back({avx2::table, __builtin_cpu_supports("avx2") != 0});
#endif
#ifdef FASTOPT_HAS_avx512
  all.push_back({avx512::table, __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                                    __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")});
#endif
  return all;
}

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

const Table& find(const std::string& name) {
  for (const auto& candidate : candidates())
    if (candidate.supported && name == candidate.table().isa) return candidate.table();
  throw std::invalid_argument("expected one of " + listed(isa_supported()) + " (built: " + listed(isa_built()) +
                              "), got '" + name + "'");
}

const Table& choose() {
  const char* wanted = std::getenv("FASTOPT_ISA");
  return wanted != nullptr && *wanted != 0 ? find(wanted) : find(isa_supported().back());
}

std::atomic<const Table*>& active() {
  static std::atomic<const Table*> chosen{&choose()};
  return chosen;
}

}  // namespace

std::vector<std::string> isa_built() {
  std::vector<std::string> names;
  for (const auto& candidate : candidates()) names.emplace_back(candidate.table().isa);
  return names;
}

std::vector<std::string> isa_supported() {
  std::vector<std::string> names;
  for (const auto& candidate : candidates())
    if (candidate.supported) names.emplace_back(candidate.table().isa);
  return names;
}

const Table& table() { return *active().load(std::memory_order_relaxed); }

void select_isa(const std::string& name) { active().store(&find(name)); }

}  // namespace fastopt
