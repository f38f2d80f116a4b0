// Instruction sets, threads and facts of the build.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <Eigen/Core>

#include "../core/dispatch.hpp"
#include "../core/forks.hpp"
#include "../core/threads.hpp"
#include "bindings.hpp"
#include "unlocked.hpp"

namespace fastopt::bindings {

namespace py = pybind11;

namespace {

py::dict build_info() {
  py::dict info;
  info["version"] = FASTOPT_VERSION;
  info["compiler"] = FASTOPT_COMPILER;
  info["build_type"] = FASTOPT_BUILD_TYPE;
  info["isa_built"] = py::tuple(py::cast(isa_built()));
  info["isa_supported"] = py::tuple(py::cast(isa_supported()));
  info["isa"] = table().isa;
#ifdef _OPENMP
  info["openmp"] = true;
#else
  info["openmp"] = false;
#endif
  info["threads"] = num_threads();
  info["eigen"] = std::to_string(EIGEN_WORLD_VERSION) + "." + std::to_string(EIGEN_MAJOR_VERSION) + "." +
                  std::to_string(EIGEN_MINOR_VERSION);
  return info;
}

void checked_set_num_threads(int n) {
  if (n < 0) throw py::value_error("n: expected at least 1 thread, or 0 for the default, got " + std::to_string(n));
  set_num_threads(n);
}

}  // namespace

void bind_runtime(py::module_& m) {
  watch_forks([] { return PyGILState_Check() == 1; });
  wait_for_steps_at_exit();
  try {
    table();
  } catch (const std::invalid_argument& error) {
    throw py::import_error(std::string("FASTOPT_ISA: ") + error.what());
  }
  m.def("build_info", &build_info, "Version, compiler, instruction sets, threads.");
  m.def("select_isa", &select_isa, py::arg("name"), "Put the kernels of another instruction set in use (for tests).");
  m.def("num_threads", &num_threads, "Threads that the next large step may use.");
  m.def("set_num_threads", &checked_set_num_threads, py::arg("n"), "Set the number of threads; 0 for the default.");
  m.def("grain", &grain, "Elements below which a step stays on the calling thread.");
  m.def("set_grain", &set_grain, py::arg("elements"), "Set the grain.");
}

}  // namespace fastopt::bindings
