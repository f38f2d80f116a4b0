// The line searches: a class each, to be asked for a step and told what came.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <optional>
#include <string>
#include <type_traits>

#include "../core/line_search/armijo.hpp"
#include "../core/line_search/bracketing.hpp"
#include "../core/line_search/hager_zhang.hpp"
#include "../core/line_search/more_thuente.hpp"
#include "bindings.hpp"

namespace fastopt::bindings {

namespace py = pybind11;

namespace {

const char* text(SearchStatus status) {
  switch (status) {
    case SearchStatus::searching:
      return "searching";
    case SearchStatus::found:
      return "found";
    case SearchStatus::flat:
      return "flat";
    case SearchStatus::at_bound:
      return "at_bound";
    case SearchStatus::narrow:
      return "narrow";
    case SearchStatus::exhausted:
      return "exhausted";
    case SearchStatus::uphill:
      return "uphill";
  }
  return "";
}

template <class Visited>
py::dict fields(Visited visited) {
  py::dict all;
  visited.visit([&](const char* name, auto& field) { all[name] = field; });
  return all;
}

template <class Visited>
Visited from_fields(const py::dict& all) {
  Visited visited;
  visited.visit([&](const char* name, auto& field) {
    if (all.contains(name)) field = all[name].template cast<std::remove_reference_t<decltype(field)>>();
  });
  return visited;
}

/// What all searches share; what they are started with and told differs.
template <class Search>
py::class_<Search> bind_search(py::module_& m, const char* name, const char* doc) {
  return py::class_<Search>(m, name, doc)
      .def_static(
          "defaults", [] { return fields(typename Search::Options()); }, "The options.")
      .def_property_readonly("step", &Search::step, "To be evaluated next; at the end that of best.")
      .def_property_readonly(
          "status", [](const Search& s) { return text(s.status()); }, "\"searching\", or how it ended.")
      .def_property_readonly(
          "best", [](const Search& s) { return py::make_tuple(s.best().step, s.best().value, s.best().slope); },
          "Step, value and slope.")
      .def_property_readonly("evaluations", &Search::evaluations, "Trials told.")
      .def(py::pickle([](const Search& s) { return fields(s); }, &from_fields<Search>));
}

template <class Search>
Search started(double value0, double slope0, double step, const py::dict& options) {
  Search search;
  search.start(from_fields<typename Search::Options>(options), value0, slope0, step);
  return search;
}

template <class Search>
void tell(Search& search, double value, std::optional<double> slope) {
  slope ? search.tell(value, *slope) : search.tell(value);
}

template <class Search>
void bind_with_slopes(py::module_& m, const char* name, const char* doc) {
  bind_search<Search>(m, name, doc)
      .def(py::init(&started<Search>), py::arg("value0"), py::arg("slope0"), py::arg("step"), py::arg("options"))
      .def(
          "tell", [](Search& s, double value, double slope) { s.tell(value, slope); }, py::arg("value"),
          py::arg("slope"), "Value and slope at step.");
}

}  // namespace

void bind_line_search(py::module_& m) {
  bind_with_slopes<MoreThuente>(m, "MoreThuente", "Strong Wolfe conditions.");
  bind_with_slopes<HagerZhang>(m, "HagerZhang", "Approximate Wolfe conditions.");
  bind_search<Armijo>(m, "Armijo", "Backtracking.")
      .def(py::init(&started<Armijo>), py::arg("value0"), py::arg("slope0"), py::arg("step"), py::arg("options"))
      .def("tell", &tell<Armijo>, py::arg("value"), py::arg("slope") = py::none(), "Value, perhaps slope, at step.");
  bind_search<Bracketing>(m, "Bracketing", "Values only.")
      .def(py::init([](double value0, double step, const py::dict& options) {
             Bracketing search;
             search.start(from_fields<Bracketing::Options>(options), value0, step);
             return search;
           }),
           py::arg("value0"), py::arg("step"), py::arg("options"))
      .def("tell", &tell<Bracketing>, py::arg("value"), py::arg("slope") = py::none(), "Value, perhaps slope, at step.")
      .def_static("four_point", [] { return fields(Bracketing::four_point()); }, "The options of that scheme.");
}

}  // namespace fastopt::bindings
