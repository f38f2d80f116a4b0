// What module.cpp puts together; one bind_*.cpp each.
#pragma once

#include <pybind11/pybind11.h>

namespace fastopt::bindings {

void bind_runtime(pybind11::module_& m);
void bind_rules(pybind11::module_& m);
void bind_structure(pybind11::module_& m);
void bind_apply(pybind11::module_& m);
void bind_plan(pybind11::module_& m);
void bind_losses(pybind11::module_& m);
void bind_descent(pybind11::module_& m);
void bind_batch(pybind11::module_& m);
void bind_line_search(pybind11::module_& m);
void bind_penalties(pybind11::module_& m);
void bind_dense(pybind11::module_& m);

}  // namespace fastopt::bindings
