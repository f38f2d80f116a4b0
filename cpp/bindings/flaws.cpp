#include "flaws.hpp"

namespace fastopt::bindings {

void refuse_param(const Rule& rule, Flaw flaw, py::handle p, const Label& label) {
  if (flaw != Flaw::rank) refuse(flaw, p, label);
  const char* taken = rule.takes == Takes::matrices ? "a matrix" : "a vector or a matrix";
  throw py::value_error(label.text() + ": expected " + taken + ", got shape " +
                        std::string(py::str(py::object(p.attr("shape")))));
}

void refuse_state(const Slot& slot, Flaw flaw, py::handle s, py::handle p, const Label& label, const char* parameter) {
  const bool as_parameter = slot.shape == Shape::same;
  if (flaw == Flaw::order)
    throw py::value_error(label.text() + ": expected " +
                          (as_parameter ? "the memory order of " + std::string(parameter) : "C order"));
  if (flaw != Flaw::unlike) refuse(flaw, s, label);
  if (as_parameter) refuse_unlike(s, p, label);
  const auto of = py::reinterpret_borrow<py::array>(p);
  const std::vector<std::size_t> shape = state_shape(slot.shape, {of.shape(), of.shape() + of.ndim()});
  refuse_unlike(s, empty(of.dtype(), {shape.begin(), shape.end()}), label);
}

void refuse_gradient(Flaw flaw, py::handle g, py::handle p, const Label& label) {
  if (flaw == Flaw::unlike) refuse_unlike_data(g, p, label);
  refuse(flaw, g, label);
}

}  // namespace fastopt::bindings
