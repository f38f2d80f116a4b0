// Giving up the GIL for the work itself, without being caught by the end of the interpreter.
#pragma once

#include <pybind11/pybind11.h>

#include <optional>

namespace fastopt::bindings {

/// While it lives, the GIL is given up if `wanted`, unless the interpreter is about to end: a thread that came
/// back then could not take the GIL again, and the process would die of it.
class Unlocked {
 public:
  explicit Unlocked(bool wanted);
  ~Unlocked();
  Unlocked(const Unlocked&) = delete;
  Unlocked& operator=(const Unlocked&) = delete;

 private:
  std::optional<pybind11::gil_scoped_release> released_;
};

/// Call once at import: at exit, wait for steps that are under way without the GIL.
void wait_for_steps_at_exit();

}  // namespace fastopt::bindings
