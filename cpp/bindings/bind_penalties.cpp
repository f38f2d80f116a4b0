// Penalties on parameters: value and gradient of one array.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <string>
#include <utility>
#include <vector>

#include "../core/arrays/written.hpp"
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
  if (overlap(view_of(p), view_of(g))) refuse_overlap(params_label, grads_label);
  p = arranged(p, g);
  const void* from = p.data();
  void* to = g.mutable_data();
  const auto n = static_cast<std::size_t>(p.size());
  const Unlocked unlocked(n >= grain());
  return run(*rule, dtype_of(p), values, from, to, n, add);
}

using Labelled = std::vector<std::pair<std::string, py::array>>;

/// Refuse arrays to be written that reach into each other, or into one that is read.
void expect_separate(const Labelled& written, const Labelled& read) {
  std::vector<Extent> extents;
  for (const auto& [label, a] : written) extents.push_back(extent(view_of(a)));
  const Written all(extents);
  const auto name = [&](std::size_t k) { return Label{written[k].first.c_str()}; };
  if (const auto clash = all.clash()) refuse_overlap(name(clash->first), name(clash->second));
  for (const auto& [label, a] : read)
    if (const auto touched = all.touched_by(view_of(a))) refuse_reach(Label{label.c_str()}, name(*touched));
}

}  // namespace

void bind_penalties(py::module_& m) {
  m.def("penalty", &penalty, py::arg("name"), py::arg("parameters"), py::arg("params"), py::arg("grads"),
        py::arg("add"), "Write the gradient, or add it; return the penalty but for its strength.");
  m.def("expect_separate", &expect_separate, py::arg("written"), py::arg("read"),
        "Refuse arrays to be written that reach into each other, or into one that is read.");
}

}  // namespace fastopt::bindings
