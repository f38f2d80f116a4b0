// The algebra of quasi-Newton and Newton methods, on its own.
#include <pybind11/pybind11.h>

#include <string>

#include "../core/dense/inverse_bfgs.hpp"
#include "../core/dense/radius.hpp"
#include "../core/dense/trust_region.hpp"
#include "../core/line_search/search.hpp"
#include "arrays.hpp"
#include "bindings.hpp"

namespace fastopt::bindings {
namespace {

/// `object` as float64 of this shape, in C order.
py::array doubles(py::handle object, const std::vector<py::ssize_t>& shape, const Label& label) {
  const py::array like = empty(py::dtype::of<double>(), shape);
  const py::array a = numeric(object, label);
  expect_same(a, like, label);
  return arranged(a, like);
}

const double* read(const py::array& a) { return static_cast<const double*>(a.data()); }

std::size_t judged(py::ssize_t n) {
  if (n < 1) throw py::value_error("n: expected at least 1, got " + std::to_string(n));
  return static_cast<std::size_t>(n);
}

class Bfgs {
 public:
  explicit Bfgs(py::ssize_t n) : n_(n), h_(judged(n)) {}

  void reset() { h_.reset(); }

  bool update(py::handle s, py::handle y) {
    return h_.update(read(doubles(s, {n_}, Label{"s"})), read(doubles(y, {n_}, Label{"y"})));
  }

  py::tuple direction(py::handle g) {
    py::array d = empty(py::dtype::of<double>(), {n_});
    const double slope = h_.direction(read(doubles(g, {n_}, Label{"g"})), static_cast<double*>(d.mutable_data()));
    return py::make_tuple(d, slope);
  }

  py::array matrix() {
    py::array h = empty(py::dtype::of<double>(), {n_, n_});
    h_.matrix(static_cast<double*>(h.mutable_data()));
    return h;
  }

 private:
  py::ssize_t n_;
  InverseBfgs h_;
};

class Newton {
 public:
  Newton(py::ssize_t n, double rounding) : n_(n), region_(judged(n), rounding) {}

  void reset() { region_.reset(); }

  bool model(py::handle g, py::handle h) {
    return region_.model(read(doubles(g, {n_}, Label{"g"})), read(doubles(h, {n_, n_}, Label{"h"})));
  }

  py::tuple step() {
    py::array d = empty(py::dtype::of<double>(), {n_});
    const double predicted = region_.step(static_cast<double*>(d.mutable_data()));
    return py::make_tuple(d, predicted);
  }

  bool accept(double f, double f_end) { return region_.accept(f, f_end); }

  double radius() const { return region_.radius(); }

 private:
  py::ssize_t n_;
  TrustRegion region_;
};

}  // namespace

void bind_dense(py::module_& m) {
  py::class_<Bfgs>(m, "InverseBfgs", "The inverse Hessian approximation of BFGS (for tests).")
      .def(py::init<py::ssize_t>(), py::arg("n"))
      .def("reset", &Bfgs::reset, "Forget all steps.")
      .def("update", &Bfgs::update, py::arg("s"), py::arg("y"), "Take in a step; False if its curvature forbids.")
      .def("direction", &Bfgs::direction, py::arg("g"), "-H g, and its product with g.")
      .def("matrix", &Bfgs::matrix, "H.");
  py::class_<Newton>(m, "TrustRegion", "Newton steps inside a trust region.")
      .def(py::init<py::ssize_t, double>(), py::arg("n"), py::arg("rounding") = value_error)
      .def("reset", &Newton::reset, "Forget the radius.")
      .def("model", &Newton::model, py::arg("g"), py::arg("h"), "At a new point; False where they are not finite.")
      .def("step", &Newton::step, "The step and the decrease that the model predicts.")
      .def("accept", &Newton::accept, py::arg("f"), py::arg("f_end"), "Whether to take it; sets the radius.")
      .def_property_readonly("radius", &Newton::radius, "Of the next step.");
  py::class_<Radius>(m, "Radius", "The radius of a trust region.")
      .def(py::init<double>(), py::arg("rounding") = value_error)
      .def("stepped", &Radius::stepped, py::arg("length"), py::arg("predicted"), "A step is going to be tried.")
      .def("accept", &Radius::accept, py::arg("f"), py::arg("f_end"), "Whether to take it; sets the radius.")
      .def_property_readonly("value", &Radius::value, "Of the next step.");
}

}  // namespace fastopt::bindings
