// A plan: a rule bound once to the arrays it updates, so that a step has little left to do but the work.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "../core/dispatch.hpp"
#include "../core/turn.hpp"
#include "arrays.hpp"
#include "bindings.hpp"
#include "formula.hpp"
#include "state.hpp"
#include "structure.hpp"
#include "unlocked.hpp"

namespace fastopt::bindings {
namespace {

using State = std::vector<std::optional<std::vector<py::object>>>;
using Bindings = std::optional<std::pair<std::vector<py::object>, std::vector<py::object>>>;

/// A written array, and what it was like when it was judged.
class Bound {
 public:
  Bound(py::array array, std::string label)
      : array_(std::move(array)),
        label_(std::move(label)),
        data_(array_.data()),
        dtype_(dtype_of(array_)),
        shape_(array_.shape(), array_.shape() + array_.ndim()),
        strides_(array_.strides(), array_.strides() + array_.ndim()) {}

  const py::array& array() const { return array_; }
  const std::string& label() const { return label_; }

  void expect_unchanged() const {
    if (!array_.writeable()) throw py::value_error(label_ + ": expected a writeable array, got a read-only one");
    const bool same = array_.data() == data_ && dtype_of(array_) == dtype_ &&
                      static_cast<std::size_t>(array_.ndim()) == shape_.size() &&
                      std::equal(shape_.begin(), shape_.end(), array_.shape()) &&
                      std::equal(strides_.begin(), strides_.end(), array_.strides());
    if (!same) throw py::value_error(label_ + ": has been resized, reshaped or given another dtype since it was bound");
  }

 private:
  py::array array_;
  std::string label_;
  const void* data_;
  int dtype_;
  std::vector<py::ssize_t> shape_, strides_;
};

class Plan {
 public:
  /// `state[k]` holds the arrays of slot k, None for a slot that the variant leaves out; `count` is one int64,
  /// the completed steps.
  /// Keys and arrays of `bound` are those that the state belongs to, in its order; else it is the order of `params`.
  Plan(const std::string& rule, unsigned variant, bool maximize, const py::object& params, const State& state,
       const py::array_t<std::int64_t>& count, const py::array_t<double>& scalars, const Bindings& bound)
      : Plan(choice_of(rule, variant, maximize), params, state, count, scalars,
             as_bound(Flat(params, "params"), bound)) {}

  /// Check everything, then update everything. `hyper` is a tuple of floats, or is called for one once nothing but
  /// this step can be under way.
  void step(const py::object& grads, const py::object& hyper, bool check_finite) {
    const Step step(*this, "step: another step of this optimizer is under way");
    expect_released("step");
    const Hyper values = read_hyper(choice_, PyTuple_Check(hyper.ptr()) != 0 ? hyper : hyper());
    expect_params_in_place();
    structure_.collect(grads, "grads", gradients_);

    // From here to the update no Python code runs that could change what has been judged.
    for (const Bound& bound : bound_) bound.expect_unchanged();
    for (std::size_t k = 0; k < size(); ++k) bind_gradient(k);
    const std::size_t wild = advance(values, check_finite);
    if (wild == size()) return;
    const std::string message =
        structure_.label("grads", wild).text() + ": expected finite values, got NaN or infinity";
    PyErr_SetString(PyExc_FloatingPointError, message.c_str());
    throw py::error_already_set();
  }

  /// Take over a state, as the constructor takes it, and a count: all of it at once, as no other thread and no
  /// Ctrl-C comes in between. What else belongs to it is loaded by `rest`; if that raises, nothing is taken over.
  void load(const State& state, std::int64_t count, const py::array_t<double>& scalars, const py::object& rest) {
    const Turn turn(busy_, "load_state_dict: a step of this optimizer is under way");
    expect_released("load_state_dict");
    std::vector<py::array> given = judged(state);
    if (!rest.is_none()) {
      rest();
      given = judged(state);
    }
    if (scalars.size() != scalars_.size()) throw py::value_error("scalars: expected as many as there are");
    std::int64_t& counted = *count_.mutable_data();
    double* kept = scalars_.mutable_data();
    auto mine = bound_.begin() + static_cast<std::ptrdiff_t>(size());
    for (const py::array& array : given) {
      py::array to = (mine++)->array();
      gather(array, to, to.mutable_data());
    }
    counted = count;
    std::copy_n(scalars.data(), scalars.size(), kept);
  }

  /// Refuse steps and loads, for this reason, until `release`. False where a step is under way, or there have not been
  /// `count` of them. The arrays are judged as for a step: they can be written.
  bool hold(std::int64_t count, const std::string& reason) {
    if (busy_.now() || held_ || *count_.data() != count) return false;
    const Step step(*this, "another step of this optimizer is under way");
    expect_params_in_place();
    for (const Bound& bound : bound_) bound.expect_unchanged();
    held_ = reason;
    return true;
  }
  void release() { held_.reset(); }
  const std::optional<std::string>& held() const { return held_; }

  /// Whether a thread is in `step` now; until the GIL is given up, none can begin.
  bool under_way() const { return busy_.now(); }

  /// Show the garbage collector what is held: an array of a subclass may refer back to its optimizer. Nothing is
  /// ever cleared: like a tuple, a plan refers to what was there before it, so a cycle through it was closed by
  /// something that can change, and that is what the collector clears.
  int traverse(visitproc visit, void* arg) const {
    Py_VISIT(params_.ptr());
    Py_VISIT(count_.ptr());
    Py_VISIT(scalars_.ptr());
    if (const int stopped = structure_.traverse(visit, arg)) return stopped;
    for (const Bound& bound : bound_) Py_VISIT(bound.array().ptr());
    for (const py::object& gradient : gradients_) Py_VISIT(gradient.ptr());
    return 0;
  }

 private:
  /// A step under way, and the gradients that are held for it.
  class Step {
   public:
    Step(Plan& plan, const char* refusal) : plan_(plan), turn_(plan.busy_, refusal) {}
    ~Step() {
      plan_.gradients_.clear();
      plan_.foreign_.clear();
    }

   private:
    Plan& plan_;
    Turn turn_;
  };

  static Flat as_bound(Flat params, const Bindings& bound) {
    return bound ? Flat(params, bound->first, bound->second) : params;
  }

  Plan(const Choice& choice, const py::object& params, const State& state, const py::array_t<std::int64_t>& count,
       const py::array_t<double>& scalars, const Flat& bound)
      : choice_(choice), params_(params), structure_(bound), count_(count), scalars_(scalars) {
    if (bound.keys.size() != bound.arrays.size()) throw py::value_error("bound: expected a key for each array");
    if (count.size() != 1) throw py::value_error("count: expected one int64");
    const Span<Slot> slots = choice_.rule().slots;
    expect_slots(slots, state);

    // Keys are written by Python code of theirs, so all labels come before the first array is judged.
    std::vector<std::string> labels;
    for (std::size_t k = 0; k < size(); ++k) labels.push_back(structure_.label("params", k).text());
    for_each_state(state, [&](std::size_t k, int i, const py::object&) {
      const std::string what = std::string("state['") + slots.data[i].name + "']";
      labels.push_back(structure_.label(what.c_str(), k).text());
    });

    for (std::size_t k = 0; k < size(); ++k)
      bound_.emplace_back(updatable(bound.arrays[k], Label{labels[k].c_str()}), labels[k]);
    for (std::size_t k = 0; k < size(); ++k) expect_taken(choice_.rule(), param(k), Label{labels[k].c_str()});
    std::vector<Piece> pieces;
    for (std::size_t k = 0; k < size(); ++k) {
      py::array p = param(k);
      pieces.push_back({p.mutable_data(),
                        nullptr,
                        {},
                        static_cast<std::size_t>(p.size()),
                        static_cast<Dtype>(dtype_of(p)),
                        nullptr});
    }
    for_each_state(state, [&](std::size_t k, int i, const py::object& array) {
      const Label label{labels[bound_.size()].c_str()};
      py::array s = updatable(array, label);
      expect_state(slots.data[i], s, param(k), label, "its parameter");
      pieces[k].s[i] = s.size() > 0 || slots.data[i].shape == Shape::same ? s.mutable_data() : nullptr;
      bound_.emplace_back(s, label.text());
    });
    orders_.resize(size());
    for (std::size_t k = 0; k < size(); ++k)
      if ((orders_[k] = order_for(choice_.rule(), param(k)))) pieces[k].order = &*orders_[k];
    for (const Piece& piece : pieces) work_.add(piece);
    if (static_cast<std::size_t>(scalars.size()) != work_.scalars(choice_.rule()))
      throw py::value_error("scalars: expected " + std::to_string(work_.scalars(choice_.rule())) + " numbers, got " +
                            std::to_string(scalars.size()));
    std::vector<py::array> arrays;
    for (const Bound& each : bound_) arrays.push_back(each.array());
    written_ = Written(arrays, labels);
    scratch_.resize(size());
  }

  /// Call `apply` with parameter, slot and array for each array of a state, in the order in which they are bound.
  template <class Function>
  void for_each_state(const State& state, const Function& apply) const {
    const Span<Slot> slots = choice_.rule().slots;
    for (std::size_t k = 0; k < size(); ++k)
      for (int i = 0; i < slots.size; ++i)
        if (slots.data[i].present(choice_.formula.variant)) apply(k, i, (*state[static_cast<std::size_t>(i)])[k]);
  }

  /// The arrays of a state that can be taken over, in the order in which their own are bound.
  std::vector<py::array> judged(const State& state) const {
    expect_slots(choice_.rule().slots, state);
    for (const Bound& bound : bound_) bound.expect_unchanged();
    std::vector<py::array> given;
    auto mine = bound_.begin() + static_cast<std::ptrdiff_t>(size());
    for_each_state(state, [&](std::size_t, int, const py::object& array) {
      const Label label{mine->label().c_str()};
      given.push_back(numeric(array, label));
      expect_same(given.back(), mine->array(), label);
      written_.expect_apart(given.back(), label);
      ++mine;
    });
    return given;
  }

  void expect_released(const char* what) const {
    if (held_) throw std::runtime_error(std::string(what) + ": " + *held_);
  }

  std::size_t size() const { return structure_.size(); }
  const py::array& param(std::size_t k) const { return bound_[k].array(); }

  void expect_slots(Span<Slot> slots, const State& state) const {
    if (static_cast<int>(state.size()) != slots.size) throw py::value_error("state: expected one entry for each slot");
    for (int i = 0; i < slots.size; ++i) {
      const auto& arrays = state[static_cast<std::size_t>(i)];
      if (!slots.data[i].present(choice_.formula.variant) || (arrays && arrays->size() == size())) continue;
      throw py::value_error(std::string("state['") + slots.data[i].name + "']: expected " + std::to_string(size()) +
                            (size() == 1 ? " array" : " arrays") + ", got " +
                            (arrays ? std::to_string(arrays->size()) : "none"));
    }
  }

  /// `params["W"] = params["W"] - x` makes a new array. Whoever writes that would train the old one unseen.
  void expect_params_in_place() {
    structure_.collect(params_, "params", gradients_);
    for (std::size_t k = 0; k < size(); ++k)
      if (!gradients_[k].is(param(k)))
        throw py::value_error(bound_[k].label() +
                              ": is no longer the array that was bound; change arrays in place, as in " +
                              bound_[k].label() + "[...] = ..., or make a new optimizer");
  }

  void bind_gradient(std::size_t k) {
    const Label label = structure_.label("grads", k);
    const py::array& p = param(k);
    const py::array g = numeric(gradients_[k], label);
    expect_same_data(g, p, label);
    written_.expect_apart(g, label);
    Piece& piece = work_.pieces()[k];
    piece.g = g.data();
    if (same_order(g, p)) return;
    if (!scratch_[k]) scratch_[k].reset(new char[static_cast<std::size_t>(p.nbytes())]);
    foreign_.push_back({order_as(g, p), g.data(), scratch_[k].get(), piece.n, piece.dtype});
    piece.g = scratch_[k].get();
  }

  /// Take the step, or return the first gradient that is not finite. It is counted here and not in Python, where
  /// Ctrl-C could come between the update and the count.
  std::size_t advance(const Hyper& hyper, bool check_finite) {
    std::int64_t& count = *count_.mutable_data();
    const Unlocked unlocked(work_.large(choice_.rule()));
    if (!foreign_.empty()) work_.gather(foreign_);
    if (check_finite)
      if (const std::size_t wild = work_.first_wild(); wild < size()) return wild;
    work_.run(choice_.formula, hyper, count + 1, scalars_.mutable_data());
    ++count;
    return size();
  }

  Choice choice_;
  py::object params_;
  Structure structure_;
  std::vector<Bound> bound_;  // the parameters, then their state
  py::array_t<std::int64_t> count_;
  py::array_t<double> scalars_;
  std::vector<std::optional<Order>> orders_;
  Work work_;
  Written written_;
  std::vector<std::unique_ptr<char[]>> scratch_;  // for gradients in another memory order
  std::vector<Foreign> foreign_;                  // those of a step
  std::vector<py::object> gradients_;             // held during a step: another thread may drop them
  Busy busy_;
  std::optional<std::string> held_;  // why there may be no step now
};

/// Update a dict, in one move, if what it has under `key` is still `expected`; whether it was. The caller keeps what is
/// replaced, whose end may run Python code.
bool exchange(const py::dict& dict, const py::str& key, py::handle expected, const py::dict& changes) {
  PyObject* now = PyDict_GetItemWithError(dict.ptr(), key.ptr());
  if (now == nullptr && PyErr_Occurred() != nullptr) throw py::error_already_set();
  if (now != expected.ptr()) return false;
  if (PyDict_Update(dict.ptr(), changes.ptr()) != 0) throw py::error_already_set();
  return true;
}

extern "C" int traverse_plan(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  return py::detail::is_holder_constructed(self) ? py::cast<const Plan&>(py::handle(self)).traverse(visit, arg) : 0;
}

void make_collectable(PyHeapTypeObject* type) {
  type->ht_type.tp_flags |= Py_TPFLAGS_HAVE_GC;
  type->ht_type.tp_traverse = traverse_plan;
}

}  // namespace

void bind_plan(py::module_& m) {
  py::class_<Plan>(m, "Plan", py::custom_type_setup(make_collectable), "A rule bound to the arrays it updates.")
      .def(py::init<const std::string&, unsigned, bool, const py::object&, const State&,
                    const py::array_t<std::int64_t>&, const py::array_t<double>&, const Bindings&>(),
           py::arg("rule"), py::arg("variant"), py::arg("maximize"), py::arg("params"), py::arg("state"),
           py::arg("count").noconvert(), py::arg("scalars").noconvert(), py::arg("bound") = py::none())
      .def("step", &Plan::step, py::arg("grads"), py::arg("hyper"), py::arg("check_finite"),
           "Check everything, then update everything.")
      .def("load", &Plan::load, py::arg("state"), py::arg("count"), py::arg("scalars").noconvert(),
           py::arg("rest") = py::none(), "Check the state, call `rest`, then take over state and count.")
      .def("hold", &Plan::hold, py::arg("count"), py::arg("reason"),
           "Refuse steps and loads, for this reason, until `release`; False where it cannot be, between no steps.")
      .def("release", &Plan::release, "Allow them again.")
      .def_property_readonly("held", &Plan::held, "Why there may be no step now, or None.")
      .def_property_readonly("under_way", &Plan::under_way, "Whether a thread is in `step` now.");
  m.def("exchange", &exchange, py::arg("dict"), py::arg("key"), py::arg("expected"), py::arg("changes"),
        "Update a dict, in one move, if what it has under `key` is still `expected`; whether it was.");
}

}  // namespace fastopt::bindings
