// A rule as Python names it: its place in the table, its variant, its hyperparameters.
#pragma once

#include <pybind11/pybind11.h>

#include <string>

#include "../core/step.hpp"

namespace fastopt::bindings {

namespace py = pybind11;

/// Bit k of `variant` turns option k of the rule on.
Formula formula_of(const std::string& rule, unsigned variant, bool maximize);

const Rule& rule_of(const Formula& formula);

/// The values of a tuple of floats, one for each hyperparameter of the rule.
void read_hyper(const Rule& rule, const py::object& hyper, double* values);

}  // namespace fastopt::bindings
