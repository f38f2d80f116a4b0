#include "formula.hpp"

#include "../core/dispatch.hpp"

namespace fastopt::bindings {
namespace {

int index_of(Span<Rule> rules, const std::string& name) {
  for (int k = 0; k < rules.size; ++k)
    if (name == rules.data[k].name) return k;
  return -1;
}

}  // namespace

Formula formula_of(const std::string& rule, unsigned variant, bool maximize) {
  Formula formula{index_of(table().rules, rule), variant, maximize, false};
  if (formula.rule < 0) formula = {index_of(table().probes, rule), variant, maximize, true};
  if (formula.rule < 0) throw py::value_error("rule: expected the name of a rule in the table, got '" + rule + "'");
  if (variant >> rule_of(formula).options.size != 0)
    throw py::value_error("variant: expected one bit for each option of '" + rule + "', got " +
                          std::to_string(variant));
  return formula;
}

const Rule& rule_of(const Formula& formula) {
  return (formula.probe ? table().probes : table().rules).data[formula.rule];
}

void read_hyper(const Rule& rule, const py::object& hyper, double* values) {
  if (PyTuple_Check(hyper.ptr()) == 0) throw py::type_error("hyper: expected a tuple");
  const auto size = static_cast<int>(PyTuple_GET_SIZE(hyper.ptr()));
  if (size != rule.hyper.size)
    throw py::value_error("hyper: expected " + std::to_string(rule.hyper.size) + " values, got " +
                          std::to_string(size));
  for (int k = 0; k < rule.hyper.size; ++k) {
    values[k] = PyFloat_AsDouble(PyTuple_GET_ITEM(hyper.ptr(), k));
    if (values[k] == -1.0 && PyErr_Occurred() != nullptr) throw py::error_already_set();
  }
}

}  // namespace fastopt::bindings
