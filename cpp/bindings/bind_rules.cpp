// The table of rules as plain tuples: what the Python classes are checked against.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "../core/dispatch.hpp"
#include "bindings.hpp"

namespace fastopt::bindings {

namespace py = pybind11;

namespace {

std::vector<std::string> texts(Span<Name> names) {
  std::vector<std::string> all;
  for (const Name& name : names) all.emplace_back(name.text);
  return all;
}

py::dict rows(Span<Rule> rules) {
  py::dict all;
  for (const Rule& rule : rules) {
    std::vector<std::pair<std::string, std::optional<std::string>>> slots;
    for (const Slot& slot : rule.slots)
      slots.emplace_back(
          slot.name, slot.option < 0 ? std::nullopt : std::optional<std::string>(rule.options.data[slot.option].text));
    all[rule.name] = py::make_tuple(py::tuple(py::cast(texts(rule.hyper))), py::tuple(py::cast(texts(rule.options))),
                                    py::tuple(py::cast(slots)));
  }
  return all;
}

}  // namespace

void bind_rules(py::module_& m) {
  m.attr("rules") = rows(table().rules);
  m.attr("probes") = rows(table().probes);
}

}  // namespace fastopt::bindings
