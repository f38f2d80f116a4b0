// Structures of arrays taken apart, for the Python layer.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include "bindings.hpp"
#include "structure.hpp"

namespace fastopt::bindings {
namespace {

py::tuple flatten(const char* label, const py::object& structure) {
  const Flat flat(structure, label);
  const char* kind = flat.kind == Flat::Kind::array ? "array" : flat.kind == Flat::Kind::list ? "list" : "dict";
  return py::make_tuple(kind, flat.keys, flat.arrays);
}

}  // namespace

void bind_structure(py::module_& m) {
  m.def("flatten", &flatten, py::arg("label"), py::arg("structure"), "The kind of a structure, its keys, its arrays.");
}

}  // namespace fastopt::bindings
