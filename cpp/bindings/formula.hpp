// A rule as Python names it: its place in the table, its variant, its hyperparameters.
#pragma once

#include <pybind11/pybind11.h>

#include <string>
#include <vector>

#include "../core/dispatch.hpp"
#include "../core/step/recipe.hpp"

namespace fastopt::bindings {

namespace py = pybind11;

/// A rule with its options, as it is bound or called: all but the hyperparameters of one step.
struct Choice {
  Formula formula;
  unsigned flags;
  bool maximize;

  const Rule& rule() const { return table().rule(formula.rule); }
};

/// The options of a rule: those that are compiled in, its flags, `decoupled_weight_decay` where it is open.
std::vector<const char*> options(const Rule& rule);

/// Its hyperparameters: its own, and `weight_decay` where that is not one of them.
std::vector<const char*> hypers(const Rule& rule);

/// Bit k of `variant` turns option k of the rule on.
Choice choice_of(const std::string& rule, unsigned variant, bool maximize);

/// The values of a tuple of floats, one for each of `hypers`.
Hyper read_hyper(const Choice& choice, const py::object& hyper);

}  // namespace fastopt::bindings
