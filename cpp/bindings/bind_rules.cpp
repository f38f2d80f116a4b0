// The table of rules: what the Python classes are checked against.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include "../core/step/judging.hpp"
#include "bindings.hpp"
#include "formula.hpp"

namespace fastopt::bindings {
namespace {

py::tuple texts(Span<Name> names) {
  py::list all;
  for (const Name& name : names) all.append(name.text);
  return py::tuple(all);
}

/// One rule as Python sees it.
py::object row(const py::object& make_rule, const py::object& make_slot, const Rule& rule) {
  py::list slots;
  for (const Slot& slot : rule.slots)
    slots.append(make_slot(slot.name, slot.option < 0 ? nullptr : rule.options.data[slot.option].text));
  constexpr const char* scopes[] = {"all", "array"};
  constexpr const char* decays[] = {"shared", "decoupled", "own"};
  constexpr const char* taken[] = {"arrays", "vectors and matrices", "matrices"};
  return make_rule(rule.name, py::tuple(py::cast(hypers(rule))), py::tuple(py::cast(options(rule))), py::tuple(slots),
                   texts(rule.scalars), texts(rule.sums), scopes[static_cast<int>(rule.scope)],
                   decays[static_cast<int>(rule.decays)], texts(rule.flags), taken[static_cast<int>(rule.takes)],
                   rule.wholes != nullptr);
}

/// The shapes of those state arrays of a rule that have one of their own, for a parameter of this shape.
py::dict state_shapes(const std::string& name, const std::vector<std::size_t>& shape) {
  const Choice choice = choice_of(name, 0, false);
  py::dict shapes;
  for (const Slot& slot : choice.rule().slots)
    if (slot.shape != Shape::same) shapes[slot.name] = py::tuple(py::cast(state_shape(slot.shape, shape)));
  return shapes;
}

}  // namespace

void bind_rules(py::module_& m) {
  const py::object namedtuple = py::module_::import("collections").attr("namedtuple");
  const auto type = [&](const char* name, const char* fields) {
    py::object made = namedtuple(name, fields);
    made.attr("__module__") = m.attr("__name__");
    m.attr(name) = made;
    return made;
  };
  const py::object slot = type("Slot", "name option");
  const py::object rule = type("Rule", "name hypers options slots scalars sums scope decay flags takes whole");
  py::dict rules, probes;
  for (const Family& family : table().families)
    for (const Rule& each : family.rules) rules[each.name] = row(rule, slot, each);
  for (const Rule& each : table().probes) probes[each.name] = row(rule, slot, each);
  m.attr("rules") = rules;
  m.attr("probes") = probes;
  m.def("state_shapes", &state_shapes, py::arg("rule"), py::arg("shape"),
        "The shapes of those state arrays that have one of their own, for a parameter of this shape.");
}

}  // namespace fastopt::bindings
