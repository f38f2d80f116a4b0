// A rule applied once to arrays that the caller passes: the functions of fastopt.kernels.
#include <pybind11/pybind11.h>

#include <optional>

#include "../core/step/work.hpp"
#include "arrays.hpp"
#include "bindings.hpp"
#include "flaws.hpp"
#include "formula.hpp"
#include "unlocked.hpp"

namespace fastopt::bindings {
namespace {

/// `arrays` is (p, g, slots..., scalars...), None for a slot that the variant leaves out.
void apply(const std::string& rule_name, unsigned variant, bool maximize, const py::tuple& arrays, std::int64_t step,
           const py::tuple& given) {
  const Choice choice = choice_of(rule_name, variant, maximize);
  const Rule& rule = choice.rule();
  const int slots_end = 2 + rule.slots.size, end = slots_end + rule.scalars.size;
  if (static_cast<int>(arrays.size()) != end)
    throw py::value_error("arrays: expected p, g, " + std::to_string(rule.slots.size) + " slots and " +
                          std::to_string(rule.scalars.size) + " scalars, got " + std::to_string(arrays.size()) +
                          " arrays");
  const Hyper hyper = read_hyper(choice, given);

  const auto label = [&](int k) {
    return Label{k == 0           ? "p"
                 : k == 1         ? "g"
                 : k >= slots_end ? rule.scalars.data[k - slots_end].text
                                  : rule.slots.data[k - 2].name};
  };
  const auto item = [&](int k) { return py::handle(PyTuple_GET_ITEM(arrays.ptr(), k)); };

  const py::handle p = item(0), g = item(1);
  const View p_view = view_of(p), g_view = view_of(g);
  if (const Flaw flaw = flaw_of_param(rule, p_view); flaw != Flaw::none) refuse_param(rule, flaw, p, label(0));
  if (const Flaw flaw = flaw_of_gradient(g_view, p_view); flaw != Flaw::none) refuse_gradient(flaw, g, p, label(1));
  if (overlap(p_view, g_view)) refuse_overlap(label(0), label(1));

  Order order;
  Piece piece{p_view.data, g_view.data, {}, p_view.size(), p_view.dtype};
  piece.order = order_for(rule, p_view, order);
  const auto present = [&](int k) { return k < 2 || rule.slots.data[k - 2].present(choice.formula.variant); };
  for (int k = 2; k < slots_end; ++k) {
    if (!present(k)) continue;
    const Slot& slot = rule.slots.data[k - 2];
    const py::handle s = item(k);
    const View s_view = view_of(s);
    if (const Flaw flaw = flaw_of_state(slot, s_view, p_view); flaw != Flaw::none)
      refuse_state(slot, flaw, s, p, label(k), "p");
    for (int j = 0; j < k; ++j)
      if (present(j) && overlap(s_view, view_of(item(j)))) refuse_overlap(label(j), label(k));
    piece.s[k - 2] = state_data(slot, s_view);
  }
  double scalars[max_scalars];
  for (int k = slots_end; k < end; ++k) {
    const py::array s = updatable(item(k), label(k));
    if (dtype_of(s) != f64 || s.size() != 1)
      throw py::value_error(label(k).text() + ": expected one float64, got " + describe(s));
    scalars[k - slots_end] = *static_cast<const double*>(s.data());
  }
  std::optional<Foreign> lies;
  if (!same_order(g_view, p_view)) piece.foreign = &lies.emplace(foreign(g_view, p_view));

  Work work;
  work.add(piece);
  {
    const Unlocked unlocked(work.large(rule));
    work.run(choice.formula, hyper, step, scalars);
  }
  for (int k = slots_end; k < end; ++k)
    *static_cast<double*>(py::reinterpret_borrow<py::array>(item(k)).mutable_data()) = scalars[k - slots_end];
}

}  // namespace

void bind_apply(py::module_& m) {
  m.def("apply", &apply, py::arg("rule"), py::arg("variant"), py::arg("maximize"), py::arg("arrays"), py::arg("step"),
        py::arg("hyper"), "Check everything, then update p and its state in place, once.");
}

}  // namespace fastopt::bindings
