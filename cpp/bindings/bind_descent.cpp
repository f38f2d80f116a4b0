// A descent under way: ask for a point, tell its value and gradient.
#include <pybind11/pybind11.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "../core/dense/bfgs_model.hpp"
#include "../core/lbfgs/box.hpp"
#include "../core/lbfgs/driver.hpp"
#include "../core/lbfgs/history.hpp"
#include "../core/lbfgs/orthant.hpp"
#include "../core/threads.hpp"
#include "archives.hpp"
#include "arrays.hpp"
#include "bindings.hpp"
#include "turn.hpp"
#include "unlocked.hpp"

namespace fastopt::bindings {
namespace {

/// A buffer for a point, of which read-only views are handed out. Who keeps a view keeps that point: the next
/// one is then written elsewhere.
class Points {
 public:
  Points(py::dtype dtype, py::ssize_t n) : dtype_(std::move(dtype)), n_(n), at_{fresh(), fresh()} {}

  void* data(int k) { return at_[k].mutable_data(); }
  const py::dtype& dtype() const { return dtype_; }
  void renew() {
    for (py::array& owner : at_) owner = fresh();
  }

  /// Where to write instead of to `data`.
  void* vacant(const void* data) {
    const py::gil_scoped_acquire gil;
    py::array& owner = at_[index(data)];
    if (Py_REFCNT(owner.ptr()) > 1) owner = fresh();
    return owner.mutable_data();
  }

  py::array view(const void* data) {
    const py::array& owner = at_[index(data)];
    py::array a(dtype_, {n_}, {dtype_.itemsize()}, owner.data(), owner);
    py::detail::array_proxy(a.ptr())->flags &= ~py::detail::npy_api::NPY_ARRAY_WRITEABLE_;
    return a;
  }

 private:
  int index(const void* data) const { return at_[0].data() == data ? 0 : 1; }
  py::array fresh() const { return empty(dtype_, {n_}); }

  py::dtype dtype_;
  py::ssize_t n_;
  py::array at_[2];
};

/// A copy of one number for each element of the point: of an array in its dtype, or a number for all. None: empty.
Buffer spread(py::handle object, const Vectors& vectors, const Label& label) {
  Buffer copy;
  if (object.is_none()) return copy;
  vectors.reserve(copy);
  if (py::isinstance<py::float_>(object)) {
    const auto value = object.cast<double>();
    if (vectors.dtype() == f32)
      std::fill_n(reinterpret_cast<float*>(copy.get()), vectors.size(), static_cast<float>(value));
    else
      std::fill_n(reinterpret_cast<double*>(copy.get()), vectors.size(), value);
    return copy;
  }
  const py::array a = numeric(object, label);
  if (dtype_of(a) != vectors.dtype() || static_cast<std::size_t>(a.size()) != vectors.size() || !row_major(a))
    throw py::value_error(label.text() + ": expected " + (vectors.dtype() == f32 ? "float32" : "float64") +
                          " of shape (" + std::to_string(vectors.size()) + ",), dense, got " + describe(a));
  std::memcpy(copy.get(), a.data(), vectors.size() * item_size[vectors.dtype()]);
  return copy;
}

class Descent {
 public:
  Descent(const py::array& start, const std::string& history_dtype, int memory, double gtol, double ftol, double xtol,
          long long iterations, long long evaluations, double c1, double c2, int trials, double rounding, py::handle l1,
          py::handle lower, py::handle upper)
      : vectors_(static_cast<std::size_t>(start.size()), static_cast<Dtype>(dtype_of(start)),
                 history_dtype == "float32" ? f32 : f64),
        points_(start.dtype(), start.size()),
        memory_(memory),
        limits_{gtol, ftol, xtol, iterations, evaluations},
        search_(search(c1, c2, trials, rounding)),
        l1_(spread(l1, vectors_, Label{"l1"})),
        lower_(spread(lower, vectors_, Label{"lower"})),
        upper_(spread(upper, vectors_, Label{"upper"})),
        driver_(made()) {
    begin(driver_, start);
  }

  /// The point to evaluate: valid until the next call, or for as long as it is kept.
  py::array ask() {
    const Turn turn(busy_);
    {
      const Unlocked unlocked(vectors_.large());
      driver_.ask();
    }
    return points_.view(driver_.trial());
  }

  /// `gradient` is dense and in the dtype of the points.
  void tell(double value, const py::array& gradient) {
    const Turn turn(busy_);
    if (dtype_of(gradient) != vectors_.dtype() || static_cast<std::size_t>(gradient.size()) != vectors_.size() ||
        !row_major(gradient))
      throw py::value_error("gradient: expected " + describe(points_.view(driver_.point())) + ", dense, got " +
                            describe(gradient));
    const Unlocked unlocked(large());
    driver_.tell(value, gradient.data());
  }

  void stop(int reason) {
    const Turn turn(busy_);
    driver_.stop(static_cast<Status>(reason));
  }

  /// Everything but what the constructor is given, as a dict.
  py::dict state() {
    const Turn turn(busy_);
    Saver saver(vectors_.size());
    driver_.visit(saver);
    saver.saved["x"] = copy(driver_.begun() ? driver_.point() : driver_.trial());
    return saver.saved;
  }

  /// Nothing is changed where the state does not fit.
  void load(const py::dict& state) {
    const Turn turn(busy_);
    Loader loader(state, vectors_, memory_);
    Driver driver = made();
    driver.visit(loader);
    begin(driver, loader.vector("x"));
    driver_ = std::move(driver);
  }

  py::array x() { return points_.view(driver_.point()); }

  /// A copy: the next step writes to the gradient.
  py::array gradient() {
    const Turn turn(busy_);
    py::array g =
        empty(py::dtype(vectors_.dtype() == f32 ? "float32" : "float64"), {static_cast<py::ssize_t>(vectors_.size())});
    std::memcpy(g.mutable_data(), driver_.gradient(), vectors_.size() * item_size[vectors_.dtype()]);
    return g;
  }

  const Driver& driver() const { return driver_; }

 private:
  Driver made() const {
    if (memory_ == 0) {  // no pairs: a matrix
      auto matrix = std::make_unique<BfgsModel>(vectors_);
      auto region = std::make_unique<Free>(vectors_, *matrix);
      return {vectors_, std::move(matrix), std::move(region), limits_, search_};
    }
    auto history = std::make_unique<History>(vectors_, memory_);
    std::unique_ptr<Region> region;
    if (l1_)
      region = std::make_unique<Orthant>(vectors_, *history, l1_.get());
    else if (lower_ && upper_)
      region = std::make_unique<Box>(vectors_, *history, lower_.get(), upper_.get());
    else
      region = std::make_unique<Free>(vectors_, *history);
    return {vectors_, std::move(history), std::move(region), limits_, search_};
  }

  /// Whether an iteration is worth giving up the GIL.
  bool large() const { return vectors_.large() || (memory_ == 0 && vectors_.size() * vectors_.size() >= grain()); }

  /// Let `driver` begin, or go on, at a point.
  void begin(Driver& driver, const py::array& point) {
    points_.renew();
    const std::size_t bytes = vectors_.size() * item_size[vectors_.dtype()];
    std::memcpy(points_.data(0), point.data(), bytes);
    std::memcpy(points_.data(1), point.data(), bytes);
    driver.begin(points_.data(1), points_.data(0), [this](void* trial) { return points_.vacant(trial); });
  }

  py::array copy(const void* vector) const {
    py::array a = empty(points_.dtype(), {static_cast<py::ssize_t>(vectors_.size())});
    std::memcpy(a.mutable_data(), vector, vectors_.size() * item_size[vectors_.dtype()]);
    return a;
  }

  static MoreThuente::Options search(double c1, double c2, int trials, double rounding) {
    MoreThuente::Options options;
    options.c1 = c1;
    options.c2 = c2;
    options.max_evaluations = trials;
    options.rounding = rounding;
    return options;
  }

  Vectors vectors_;
  Points points_;
  int memory_;
  Limits limits_;
  MoreThuente::Options search_;
  Buffer l1_, lower_, upper_;  // empty where they were not given
  Driver driver_;
  std::atomic<bool> busy_{false};
};

}  // namespace

void bind_descent(py::module_& m) {
  py::class_<Descent>(m, "Descent")
      .def(py::init<const py::array&, const std::string&, int, double, double, double, long long, long long, double,
                    double, int, double, py::handle, py::handle, py::handle>(),
           py::arg("start"), py::arg("history_dtype"), py::arg("memory"), py::arg("gtol"), py::arg("ftol"),
           py::arg("xtol"), py::arg("iterations"), py::arg("evaluations"), py::arg("c1"), py::arg("c2"),
           py::arg("trials"), py::arg("rounding"), py::kw_only(), py::arg("l1") = py::none(),
           py::arg("lower") = py::none(), py::arg("upper") = py::none())
      .def("ask", &Descent::ask, "The point to evaluate.")
      .def("tell", &Descent::tell, py::arg("value"), py::arg("gradient"), "Value and gradient at that point.")
      .def("state", &Descent::state)
      .def("load", &Descent::load, py::arg("state"))
      .def("stop", &Descent::stop, py::arg("reason"))
      .def_property_readonly("x", &Descent::x)
      .def_property_readonly("gradient", &Descent::gradient)
      .def_property_readonly("value", [](const Descent& d) { return d.driver().value(); })
      .def_property_readonly("steepness", [](const Descent& d) { return d.driver().steepness(); })
      .def_property_readonly("status", [](const Descent& d) { return static_cast<int>(d.driver().status()); })
      .def_property_readonly("stepped", [](const Descent& d) { return d.driver().stepped(); })
      .def_property_readonly("iterations", [](const Descent& d) { return d.driver().iterations(); })
      .def_property_readonly("evaluations", [](const Descent& d) { return d.driver().evaluations(); });
}

}  // namespace fastopt::bindings
