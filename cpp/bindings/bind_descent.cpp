// A descent under way: ask for a point, tell its value and gradient.
#include <pybind11/pybind11.h>

#include <atomic>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "../core/dense/bfgs_model.hpp"
#include "../core/lbfgs/driver.hpp"
#include "../core/threads.hpp"
#include "../core/turn.hpp"
#include "archives.hpp"
#include "arrays.hpp"
#include "bindings.hpp"
#include "settings.hpp"
#include "unlocked.hpp"

namespace fastopt::bindings {
namespace {

/// Two buffers for points, of which read-only views are handed out. Who keeps a view keeps that point: the next one is
/// then written elsewhere. A view has a share in the memory, of which no array is the owner: so the views are counted
/// without the GIL, for which no work may wait (a fork waits for the work), and none can be made writeable.
class Points {
 public:
  explicit Points(const Vectors& vectors)
      : vectors_(vectors),
        dtype_(vectors.dtype() == f32 ? py::dtype::of<float>() : py::dtype::of<double>()),
        at_{fresh(), fresh()} {}

  void* data(int k) { return at_[k].get(); }
  const py::dtype& dtype() const { return dtype_; }
  void renew() {
    for (Memory& memory : at_) memory = fresh();
  }

  /// Where to write instead of to `data`.
  void* vacant(const void* data) {
    Memory& memory = at_[index(data)];
    if (memory.use_count() > 1) memory = fresh();
    std::atomic_thread_fence(std::memory_order_acquire);  // after the last look of those who had a view
    return memory.get();
  }

  py::array view(const void* data) const {
    const Memory& memory = at_[index(data)];
    const py::capsule share(new Memory(memory), [](void* held) { delete static_cast<Memory*>(held); });
    return read_only(py::array(dtype_, {static_cast<py::ssize_t>(vectors_.size())}, {dtype_.itemsize()}, data, share));
  }

 private:
  using Memory = std::shared_ptr<unsigned char[]>;

  int index(const void* data) const { return at_[0].get() == data ? 0 : 1; }
  Memory fresh() const {
    Buffer buffer;
    vectors_.reserve(buffer);
    return buffer;
  }

  Vectors vectors_;
  py::dtype dtype_;
  Memory at_[2];
};

class Descent {
 public:
  Descent(const py::array& start, const py::kwargs& given)
      : settings_(judged_starts(start, 1, Label{"start"}), given),
        vectors_(settings_.vectors()),
        points_(vectors_),
        driver_(settings_.driver()) {
    begin(driver_, start);
    publish();
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
    if (!driver_.asked())
      throw std::runtime_error("tell: expected a call of ask before it, there is no point to tell of");
    if (dtype_of(gradient) != vectors_.dtype() || static_cast<std::size_t>(gradient.size()) != vectors_.size() ||
        !row_major(view_of(gradient)))
      throw py::value_error("gradient: expected " + describe(points_.view(driver_.point())) + ", dense, got " +
                            describe(gradient));
    {
      const Unlocked unlocked(large());
      driver_.tell(value, gradient.data());
    }
    publish();
  }

  /// Go on after the end, from the point that it ended at, which is to be evaluated next.
  void reopen() {
    const Turn turn(busy_);
    driver_.reopen();
    publish();
  }

  void stop(int reason) {
    const Turn turn(busy_);
    driver_.stop(static_cast<Status>(reason));
    publish();
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
    Loader loader(state, vectors_, settings_.memory());
    Driver driver = settings_.driver();
    driver.visit(loader);
    begin(driver, loader.vector("x"));
    driver_ = std::move(driver);
    publish();
  }

  py::array x() {
    const Turn turn(busy_);
    return points_.view(driver_.point());
  }

  /// A copy: the next step writes to the gradient.
  py::array gradient() {
    const Turn turn(busy_);
    return copy(driver_.gradient());
  }

  /// The inverse Hessian as BFGS has it.
  py::array inverse_hessian() {
    const Turn turn(busy_);
    auto* model = dynamic_cast<BfgsModel*>(&driver_.model());
    if (model == nullptr) throw std::runtime_error("inverse_hessian: L-BFGS has pairs, see state()");
    const auto n = static_cast<py::ssize_t>(vectors_.size());
    py::array matrix = empty(py::dtype("float64"), {n, n});
    model->matrix(static_cast<double*>(matrix.mutable_data()));
    return matrix;
  }

  /// Where it stood after the last call that is finished: to be read while another is under way.
  struct Standing {
    Status status;
    bool begun, stepped;
    long long iterations, evaluations;
    double value, steepness;
  };
  const Standing& standing() const { return standing_; }

 private:
  void publish() {
    standing_ = {driver_.status(),      driver_.begun(), driver_.stepped(),  driver_.iterations(),
                 driver_.evaluations(), driver_.value(), driver_.steepness()};
  }

  /// Whether an iteration is worth giving up the GIL.
  bool large() const { return vectors_.large() || (settings_.dense() && vectors_.size() * vectors_.size() >= grain()); }

  /// Let `driver` begin, or go on, at a point.
  void begin(Driver& driver, const py::array& point) {
    points_.renew();
    for (int k : {0, 1}) std::memcpy(points_.data(k), point.data(), vectors_.bytes());
    driver.begin(points_.data(1), points_.data(0), [this](void* trial) { return points_.vacant(trial); });
  }

  py::array copy(const void* vector) const {
    py::array a = empty(points_.dtype(), {static_cast<py::ssize_t>(vectors_.size())});
    std::memcpy(a.mutable_data(), vector, vectors_.bytes());
    return a;
  }

  Settings settings_;
  Vectors vectors_;
  Points points_;
  Driver driver_;
  Standing standing_{};
  Busy busy_;
};

}  // namespace

void bind_descent(py::module_& m) {
  py::class_<Descent>(m, "Descent")
      .def(py::init<const py::array&, const py::kwargs&>(), py::arg("start"))
      .def("ask", &Descent::ask, "The point to evaluate.")
      .def("tell", &Descent::tell, py::arg("value"), py::arg("gradient"), "Value and gradient at that point.")
      .def("state", &Descent::state)
      .def("reopen", &Descent::reopen)
      .def("inverse_hessian", &Descent::inverse_hessian)
      .def("load", &Descent::load, py::arg("state"))
      .def("stop", &Descent::stop, py::arg("reason"))
      .def_property_readonly("x", &Descent::x)
      .def_property_readonly("gradient", &Descent::gradient)
      .def_property_readonly("value", [](const Descent& d) { return d.standing().value; })
      .def_property_readonly("steepness", [](const Descent& d) { return d.standing().steepness; })
      .def_property_readonly("status", [](const Descent& d) { return static_cast<int>(d.standing().status); })
      .def_property_readonly("begun", [](const Descent& d) { return d.standing().begun; })
      .def_property_readonly("stepped", [](const Descent& d) { return d.standing().stepped; })
      .def_property_readonly("iterations", [](const Descent& d) { return d.standing().iterations; })
      .def_property_readonly("evaluations", [](const Descent& d) { return d.standing().evaluations; });
}

}  // namespace fastopt::bindings
