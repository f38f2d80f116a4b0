// Structures of arrays taken apart, for the Python layer.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include "bindings.hpp"
#include "structure.hpp"

namespace fastopt::bindings {
namespace {

py::tuple flatten(const char* label, const py::object& structure, bool deep) {
  const Flat flat(structure, label, deep);
  constexpr const char* kinds[] = {"array", "list", "dict", "nested"};
  return py::make_tuple(kinds[static_cast<int>(flat.kind)], flat.keys, flat.arrays, flat.template_of());
}

}  // namespace

void bind_structure(py::module_& m) {
  m.def("flatten", &flatten, py::arg("label"), py::arg("structure"), py::arg("deep") = true,
        "The kind of a structure, its keys, its arrays, and of a nested one where they are.");
}

}  // namespace fastopt::bindings
