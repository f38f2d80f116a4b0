#include "unlocked.hpp"

#include <atomic>
#include <chrono>
#include <thread>

#include "../core/forks.hpp"

namespace fastopt::bindings {

namespace py = pybind11;

namespace {

std::atomic<bool> ending{false};

}  // namespace

Unlocked::Unlocked(bool wanted) {
  if (!wanted || ending) return;
  begin_work();
  released_.emplace();
}

Unlocked::~Unlocked() {
  if (!released_) return;
  end_work();
  released_.reset();
  come_back();
}

void wait_for_steps_at_exit() {
  py::module_::import("atexit").attr("register")(py::cpp_function([] {
    ending = true;
    const py::gil_scoped_release released;
    while (calls_away() > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }));
}

}  // namespace fastopt::bindings
