// Penalties on parameters: value and gradient of one array.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <string>
#include <utility>
#include <vector>

#include "../core/penalty.hpp"
#include "../core/threads.hpp"
#include "arrays.hpp"
#include "bindings.hpp"
#include "unlocked.hpp"

namespace fastopt::bindings {
namespace {

/// `parameters` are floats, judged by the caller.
double penalty(const char* name, const py::tuple& parameters, py::handle params, py::handle grads, bool add) {
  const Penalty* rule = find_penalty(name);
  if (rule == nullptr) throw py::value_error(std::string("name: expected a penalty of the table, got '") + name + "'");
  if (static_cast<int>(parameters.size()) != rule->parameters)
    throw py::value_error("parameters: expected " + std::to_string(rule->parameters));
  double values[max_hyper];
  for (std::size_t k = 0; k < parameters.size(); ++k) values[k] = parameters[k].cast<double>();

  constexpr Label params_label{"params"}, grads_label{"grads"};
  py::array p = numeric(params, params_label), g = updatable(grads, grads_label);
  expect_same(g, p, grads_label);
  if (overlap(p, g)) refuse_overlap(params_label, grads_label);
  p = arranged(p, g);
  const void* from = p.data();
  void* to = g.mutable_data();
  const auto n = static_cast<std::size_t>(p.size());
  const Unlocked unlocked(n >= grain());
  return run(*rule, static_cast<Dtype>(dtype_of(p)), values, from, to, n, add);
}

using Labelled = std::vector<std::pair<std::string, py::array>>;

/// Refuse arrays to be written that reach into each other, or into one that is read.
void expect_separate(const Labelled& written, const Labelled& read) {
  std::vector<py::array> arrays;
  std::vector<std::string> labels;
  for (const auto& [label, a] : written) arrays.push_back(a), labels.push_back(label);
  const Written all(arrays, labels);
  for (const auto& [label, a] : read) all.expect_apart(a, Label{label.c_str()});
}

}  // namespace

void bind_penalties(py::module_& m) {
  m.def("penalty", &penalty, py::arg("name"), py::arg("parameters"), py::arg("params"), py::arg("grads"),
        py::arg("add"), "Write the gradient, or add it; return the penalty but for its strength.");
  m.def("expect_separate", &expect_separate, py::arg("written"), py::arg("read"),
        "Refuse arrays to be written that reach into each other, or into one that is read.");
}

}  // namespace fastopt::bindings
