#include "formula.hpp"

#include <limits>

namespace fastopt::bindings {
namespace {

/// The place of a rule, or of a probe, among all of the table; -1 where there is none.
int index_of(const std::string& name) {
  int index = 0;
  for (const Family& family : table().families)
    for (const Rule& rule : family.rules) {
      if (name == rule.name) return index;
      ++index;
    }
  for (const Rule& probe : table().probes) {
    if (name == probe.name) return index;
    ++index;
  }
  return -1;
}

}  // namespace

std::vector<const char*> options(const Rule& rule) {
  std::vector<const char*> all;
  for (const Name& name : rule.options) all.push_back(name.text);
  for (const Name& name : rule.flags) all.push_back(name.text);
  if (rule.decays == Decays::shared) all.push_back("decoupled_weight_decay");
  return all;
}

std::vector<const char*> hypers(const Rule& rule) {
  std::vector<const char*> all;
  for (const Name& name : rule.hyper) all.push_back(name.text);
  if (rule.decays != Decays::own) all.push_back("weight_decay");
  return all;
}

Choice choice_of(const std::string& rule, unsigned variant, bool maximize) {
  Choice choice{{index_of(rule), 0, false}, 0, maximize};
  if (choice.formula.rule < 0)
    throw py::value_error("rule: expected the name of a rule in the table, got '" + rule + "'");
  const Rule& known = choice.rule();
  if (variant >> options(known).size() != 0)
    throw py::value_error("variant: expected one bit for each option of '" + rule + "', got " +
                          std::to_string(variant));
  const int compiled = known.options.size, flags = known.flags.size;
  choice.formula.variant = variant & ((1U << compiled) - 1);
  choice.flags = variant >> compiled & ((1U << flags) - 1);
  choice.formula.decoupled = (variant >> (compiled + flags)) != 0;
  return choice;
}

Hyper read_hyper(const Choice& choice, const py::object& hyper) {
  const Rule& rule = choice.rule();
  const bool shared = rule.decays != Decays::own;
  const int size = rule.hyper.size + (shared ? 1 : 0);
  if (PyTuple_Check(hyper.ptr()) == 0) throw py::type_error("hyper: expected a tuple");
  if (PyTuple_GET_SIZE(hyper.ptr()) != size)
    throw py::value_error("hyper: expected " + std::to_string(size) + " values, got " +
                          std::to_string(PyTuple_GET_SIZE(hyper.ptr())));
  const auto value = [&](int k) {
    PyObject* const given = PyTuple_GET_ITEM(hyper.ptr(), k);
    if (given == Py_None) return std::numeric_limits<double>::quiet_NaN();
    const double x = PyFloat_AsDouble(given);
    if (x == -1.0 && PyErr_Occurred() != nullptr) throw py::error_already_set();
    return x;
  };
  Hyper read;
  for (int k = 0; k < rule.hyper.size; ++k) read.values[k] = value(k);
  for (int k = 0; k < rule.flags.size; ++k) read.values[rule.hyper.size + k] = choice.flags >> k & 1;
  read.weight_decay = shared ? value(rule.hyper.size) : 0;
  read.maximize = choice.maximize;
  return read;
}

}  // namespace fastopt::bindings
