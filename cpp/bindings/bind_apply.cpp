// A rule applied once to arrays that the caller passes: the functions of fastopt.kernels.
#include <pybind11/pybind11.h>

#include <memory>

#include "arrays.hpp"
#include "bindings.hpp"
#include "formula.hpp"
#include "state.hpp"
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

  const py::array p = updatable(item(0), label(0));
  const py::array g = numeric(item(1), label(1));
  expect_same_data(g, p, label(1));
  if (p.size() > 0 && overlap(p, g)) refuse_overlap(label(0), label(1));

  expect_taken(rule, p, label(0));
  const std::optional<Order> order = order_for(rule, p);
  Piece piece{
      const_cast<void*>(p.data()), nullptr, {}, static_cast<std::size_t>(p.size()), static_cast<Dtype>(dtype_of(p)),
      order ? &*order : nullptr};
  for (int k = 2; k < slots_end; ++k) {
    if (!rule.slots.data[k - 2].present(choice.formula.variant)) continue;
    const py::array s = updatable(item(k), label(k));
    expect_state(rule.slots.data[k - 2], s, p, label(k), "p");
    for (int j = 0; j < k; ++j)
      if ((j < 2 || rule.slots.data[j - 2].present(choice.formula.variant)) &&
          overlap(s, py::reinterpret_borrow<py::array>(item(j))))
        refuse_overlap(label(j), label(k));
    if (s.size() > 0 || rule.slots.data[k - 2].shape == Shape::same) piece.s[k - 2] = const_cast<void*>(s.data());
  }
  double scalars[max_scalars];
  for (int k = slots_end; k < end; ++k) {
    const py::array s = updatable(item(k), label(k));
    if (dtype_of(s) != f64 || s.size() != 1)
      throw py::value_error(label(k).text() + ": expected one float64, got " + describe(s));
    scalars[k - slots_end] = *static_cast<const double*>(s.data());
  }
  std::unique_ptr<char[]> scratch;
  piece.g = g.data();
  if (!same_order(g, p)) {
    scratch.reset(new char[static_cast<std::size_t>(p.nbytes())]);
    gather(g, p, scratch.get());
    piece.g = scratch.get();
  }

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
