// Descents of many problems under way: ask for the points of those that are not done, tell values and gradients.
#include <pybind11/pybind11.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>
#include <vector>

#include "../core/lbfgs/batch.hpp"
#include "../core/turn.hpp"
#include "arrays.hpp"
#include "bindings.hpp"
#include "settings.hpp"
#include "unlocked.hpp"

namespace fastopt::bindings {
namespace {

class Descents {
 public:
  /// A row of `starts` for each problem.
  Descents(const py::array& starts, const py::kwargs& given)
      : dtype_(judged_starts(starts, 2, Label{"starts"}).dtype()),
        settings_(starts, given),
        drivers_(settings_.vectors(), static_cast<std::size_t>(starts.shape(0)), starts.data(),
                 [this](std::size_t row) { return settings_.driver(row); }) {}

  /// The points to evaluate, a row for each of rows(): a new array.
  py::array ask() const {
    const Turn turn(busy_);
    py::array points = empty(dtype_, {count(), width()});
    drivers_.ask(points.mutable_data());
    return read_only(points);
  }

  /// Both are dense; values are float64, gradients are in the dtype of the points.
  void tell(const py::array& values, const py::array& gradients) {
    const Turn turn(busy_);
    expect(values, py::dtype("float64"), {count()}, "values");
    expect(gradients, dtype_, {count(), width()}, "gradients");
    const Unlocked unlocked(drivers_.large());
    drivers_.tell(static_cast<const double*>(values.data()), gradients.data());
  }

  void stop(int reason) {
    const Turn turn(busy_);
    drivers_.stop(static_cast<Status>(reason));
  }

  std::size_t running() const { return drivers_.rows().size(); }

  py::array rows() const {
    const Turn turn(busy_);
    py::array_t<std::intptr_t> rows(count());
    std::copy(drivers_.rows().begin(), drivers_.rows().end(), rows.mutable_data());
    return read_only(rows);
  }

  /// What `get` says of each row, done or not: a number, or a vector.
  template <auto get>
  py::array numbers() {
    const Turn turn(busy_);
    using Number = std::conditional_t<std::is_floating_point_v<decltype((drivers_[0].*get)())>, double, std::int64_t>;
    py::array_t<Number> found(size());
    Number* to = found.mutable_data();
    for (std::size_t row = 0; row < drivers_.size(); ++row) to[row] = static_cast<Number>((drivers_[row].*get)());
    return found;
  }

  template <auto get>
  py::array vectors() {
    const Turn turn(busy_);
    py::array found = empty(dtype_, {size(), width()});
    const std::size_t bytes = settings_.vectors().bytes();
    auto* to = static_cast<unsigned char*>(found.mutable_data());
    for (std::size_t row = 0; row < drivers_.size(); ++row, to += bytes) std::memcpy(to, (drivers_[row].*get)(), bytes);
    return found;
  }

 private:
  py::ssize_t size() const { return static_cast<py::ssize_t>(drivers_.size()); }
  py::ssize_t count() const { return static_cast<py::ssize_t>(drivers_.rows().size()); }
  py::ssize_t width() const { return static_cast<py::ssize_t>(settings_.vectors().size()); }

  static void expect(const py::array& a, const py::dtype& dtype, const std::vector<py::ssize_t>& shape,
                     const char* what) {
    const bool fits =
        a.ndim() == static_cast<py::ssize_t>(shape.size()) && std::equal(shape.begin(), shape.end(), a.shape());
    if (!fits || !row_major(view_of(a)) || !a.dtype().equal(dtype))
      throw py::value_error(std::string(what) + ": expected " + describe(empty(dtype, shape)) + ", dense, got " +
                            describe(a));
  }

  py::dtype dtype_;
  Settings settings_;
  Drivers drivers_;
  mutable Busy busy_;
};

}  // namespace

void bind_batch(py::module_& m) {
  py::class_<Descents>(m, "Descents")
      .def(py::init<const py::array&, const py::kwargs&>(), py::arg("starts"))
      .def("ask", &Descents::ask, "The points to evaluate, a row for each of `rows`.")
      .def("tell", &Descents::tell, py::arg("values"), py::arg("gradients"), "Values and gradients at those points.")
      .def("stop", &Descents::stop, py::arg("reason"))
      .def_property_readonly("running", &Descents::running)
      .def_property_readonly("rows", &Descents::rows)
      .def_property_readonly("x", &Descents::vectors<&Driver::point>)
      .def_property_readonly("gradient", &Descents::vectors<&Driver::gradient>)
      .def_property_readonly("value", &Descents::numbers<&Driver::value>)
      .def_property_readonly("status", &Descents::numbers<&Driver::status>)
      .def_property_readonly("iterations", &Descents::numbers<&Driver::iterations>)
      .def_property_readonly("evaluations", &Descents::numbers<&Driver::evaluations>);
}

}  // namespace fastopt::bindings
