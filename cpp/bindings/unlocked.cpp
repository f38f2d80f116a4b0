#include "unlocked.hpp"

#include <atomic>
#include <chrono>
#include <thread>

namespace fastopt::bindings {

namespace py = pybind11;

namespace {

std::atomic<int> under_way{0};
std::atomic<bool> ending{false};

}  // namespace

Unlocked::Unlocked(bool wanted) {
  if (!wanted || ending) return;
  ++under_way;
  released_.emplace();
}

Unlocked::~Unlocked() {
  if (!released_) return;
  released_.reset();
  --under_way;
}

void wait_for_steps_at_exit() {
  py::module_::import("atexit").attr("register")(py::cpp_function([] {
    ending = true;
    const py::gil_scoped_release released;
    while (under_way > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }));
}

}  // namespace fastopt::bindings
