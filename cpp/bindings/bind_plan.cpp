// A plan: a rule bound once to the arrays it updates, so that a step has little left to do but the work.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "../core/step/plan.hpp"
#include "../core/turn.hpp"
#include "arrays.hpp"
#include "bindings.hpp"
#include "flaws.hpp"
#include "formula.hpp"
#include "structure.hpp"
#include "unlocked.hpp"

namespace fastopt::bindings {
namespace {

using State = std::vector<std::optional<std::vector<py::object>>>;
using Bindings = std::optional<std::pair<std::vector<py::object>, std::vector<py::object>>>;

/// A plan over NumPy arrays, which it holds, with what messages call them.
class NamedPlan {
 public:
  /// `state[k]` holds the arrays of slot k, None for a slot that the variant leaves out; `count` is one int64,
  /// the completed steps.
  /// Keys and arrays of `bound` are those that the state belongs to, in its order; else it is the order of `params`.
  NamedPlan(const std::string& rule, unsigned variant, bool maximize, const py::object& params, const State& state,
            const py::array_t<std::int64_t>& count, const py::array_t<double>& scalars, const Bindings& bound)
      : NamedPlan(choice_of(rule, variant, maximize), params, state, count, scalars,
                  as_bound(Flat(params, "params"), bound)) {}

  /// Check everything, then update everything. `hyper` is a tuple of floats, or is called for one once nothing but
  /// this step can be under way.
  void step(const py::object& grads, const py::object& hyper, bool check_finite) {
    const UnderWay step(*this, "step: another step of this optimizer is under way");
    expect_released("step");
    const Hyper values = read_hyper(choice_, PyTuple_Check(hyper.ptr()) != 0 ? hyper : hyper());
    expect_params_in_place();
    structure_.collect(grads, "grads", gradients_);

    // From here to the update no Python code runs that could change what has been judged.
    expect_unchanged();
    for (std::size_t k = 0; k < size(); ++k) take_gradient(k);
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
    std::vector<py::object> given = judged(state);
    if (!rest.is_none()) {
      rest();
      given = judged(state);
    }
    if (scalars.size() != scalars_.size()) throw py::value_error("scalars: expected as many as there are");
    std::int64_t& counted = *count_.mutable_data();
    double* kept = scalars_.mutable_data();
    for (std::size_t a = size(); a < arrays_.size(); ++a) plan_.load(a, view_of(given[a - size()]));
    counted = count;
    std::copy_n(scalars.data(), scalars.size(), kept);
  }

  /// Refuse steps and loads, for this reason, until `release`. False where a step is under way, or there have not been
  /// `count` of them. The arrays are judged as for a step: they can be written.
  bool hold(std::int64_t count, const std::string& reason) {
    if (busy_.now() || held_ || *count_.data() != count) return false;
    const UnderWay step(*this, "another step of this optimizer is under way");
    expect_params_in_place();
    expect_unchanged();
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
    for (const py::object& array : arrays_) Py_VISIT(array.ptr());
    for (const py::object& gradient : gradients_) Py_VISIT(gradient.ptr());
    return 0;
  }

 private:
  /// A step under way, and the gradients that are held for it.
  class UnderWay {
   public:
    UnderWay(NamedPlan& plan, const char* refusal) : plan_(plan), turn_(plan.busy_, refusal) {}
    ~UnderWay() { plan_.gradients_.clear(); }

   private:
    NamedPlan& plan_;
    Turn turn_;
  };

  static Flat as_bound(Flat params, const Bindings& bound) {
    return bound ? Flat(params, bound->first, bound->second) : params;
  }

  NamedPlan(const Choice& choice, const py::object& params, const State& state, const py::array_t<std::int64_t>& count,
            const py::array_t<double>& scalars, const Flat& bound)
      : choice_(choice),
        params_(params),
        structure_(bound),
        plan_(choice.formula, bound.keys.size()),
        count_(count),
        scalars_(scalars) {
    if (bound.keys.size() != bound.arrays.size()) throw py::value_error("bound: expected a key for each array");
    if (count.size() != 1) throw py::value_error("count: expected one int64");
    expect_slots(state);

    // Keys are written by Python code of theirs, so all labels come before the first array is judged.
    for (std::size_t k = 0; k < size(); ++k) labels_.push_back(structure_.label("params", k).text());
    for (std::size_t a = size(); a < plan_.arrays(); ++a) {
      const std::string what = std::string("state['") + slot(a).name + "']";
      labels_.push_back(structure_.label(what.c_str(), plan_.place(a).param).text());
    }

    std::vector<View> views;
    for (std::size_t a = 0; a < plan_.arrays(); ++a) {
      arrays_.push_back(a < size() ? bound.arrays[a] : in_state(state, a));
      views.push_back(view_of(arrays_.back()));
    }
    if (const Refusal refusal = plan_.bind(views)) refuse_to_bind(refusal);
    if (static_cast<std::size_t>(scalars.size()) != plan_.scalars())
      throw py::value_error("scalars: expected " + std::to_string(plan_.scalars()) + " numbers, got " +
                            std::to_string(scalars.size()));
  }

  /// The arrays of a state that can be taken over, in the order in which their own are bound.
  std::vector<py::object> judged(const State& state) const {
    expect_slots(state);
    expect_unchanged();
    std::vector<py::object> given;
    for (std::size_t a = size(); a < arrays_.size(); ++a) {
      given.push_back(in_state(state, a));
      const Refusal refusal = plan_.judge(a, view_of(given.back()));
      if (refusal.flaw == Flaw::overlap) refuse_reach(label(a), label(refusal.other));
      if (refusal.flaw == Flaw::unlike) refuse_unlike(given.back(), arrays_[a], label(a));
      if (refusal) refuse(refusal.flaw, given.back(), label(a));
    }
    return given;
  }

  void expect_released(const char* what) const {
    if (held_) throw std::runtime_error(std::string(what) + ": " + *held_);
  }

  std::size_t size() const { return structure_.size(); }
  Label label(std::size_t array) const { return Label{labels_[array].c_str()}; }
  const Slot& slot(std::size_t array) const { return choice_.rule().slots.data[plan_.place(array).slot]; }
  const py::object& in_state(const State& state, std::size_t array) const {
    const auto [param, slot] = plan_.place(array);
    return (*state[static_cast<std::size_t>(slot)])[param];
  }

  void expect_slots(const State& state) const {
    const Span<Slot> slots = choice_.rule().slots;
    if (static_cast<int>(state.size()) != slots.size) throw py::value_error("state: expected one entry for each slot");
    for (int i = 0; i < slots.size; ++i) {
      const auto& arrays = state[static_cast<std::size_t>(i)];
      if (!slots.data[i].present(choice_.formula.variant) || (arrays && arrays->size() == size())) continue;
      throw py::value_error(std::string("state['") + slots.data[i].name + "']: expected " + std::to_string(size()) +
                            (size() == 1 ? " array" : " arrays") + ", got " +
                            (arrays ? std::to_string(arrays->size()) : "none"));
    }
  }

  [[noreturn]] void refuse_to_bind(const Refusal& refusal) const {
    const auto [flaw, a, other] = refusal;
    if (flaw == Flaw::overlap) refuse_overlap(label(a), label(other));
    if (a < size()) refuse_param(choice_.rule(), flaw, arrays_[a], label(a));
    refuse_state(slot(a), flaw, arrays_[a], arrays_[plan_.place(a).param], label(a), "its parameter");
  }

  void expect_unchanged() const {
    for (std::size_t a = 0; a < arrays_.size(); ++a)
      if (const Flaw flaw = plan_.flaw_of(a, view_of(arrays_[a])); flaw != Flaw::none)
        refuse(flaw, arrays_[a], label(a));
  }

  /// `params["W"] = params["W"] - x` makes a new array. Whoever writes that would train the old one unseen.
  void expect_params_in_place() {
    structure_.collect(params_, "params", gradients_);
    for (std::size_t k = 0; k < size(); ++k)
      if (!gradients_[k].is(arrays_[k]))
        throw py::value_error(labels_[k] + ": is no longer the array that was bound; change arrays in place, as in " +
                              labels_[k] + "[...] = ..., or make a new optimizer");
  }

  void take_gradient(std::size_t k) {
    const Refusal refusal = plan_.take_gradient(k, view_of(gradients_[k]));
    if (!refusal) return;
    const Label label = structure_.label("grads", k);
    if (refusal.flaw == Flaw::overlap) refuse_reach(label, this->label(refusal.other));
    refuse_gradient(refusal.flaw, gradients_[k], arrays_[k], label);
  }

  /// Take the step, or return the first gradient that is not finite. It is counted here and not in Python, where
  /// Ctrl-C could come between the update and the count.
  std::size_t advance(const Hyper& hyper, bool check_finite) {
    std::int64_t& count = *count_.mutable_data();
    double* scalars = scalars_.mutable_data();
    const Unlocked unlocked(plan_.large());
    return plan_.step(hyper, count, scalars, check_finite);
  }

  Choice choice_;
  py::object params_;
  Structure structure_;
  std::vector<py::object> arrays_;  // as the plan counts them
  std::vector<std::string> labels_;
  Plan plan_;
  py::array_t<std::int64_t> count_;
  py::array_t<double> scalars_;
  std::vector<py::object> gradients_;  // held during a step: another thread may drop them
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
  return py::detail::is_holder_constructed(self) ? py::cast<const NamedPlan&>(py::handle(self)).traverse(visit, arg)
                                                 : 0;
}

void make_collectable(PyHeapTypeObject* type) {
  type->ht_type.tp_flags |= Py_TPFLAGS_HAVE_GC;
  type->ht_type.tp_traverse = traverse_plan;
}

}  // namespace

void bind_plan(py::module_& m) {
  py::class_<NamedPlan>(m, "Plan", py::custom_type_setup(make_collectable), "A rule bound to the arrays it updates.")
      .def(py::init<const std::string&, unsigned, bool, const py::object&, const State&,
                    const py::array_t<std::int64_t>&, const py::array_t<double>&, const Bindings&>(),
           py::arg("rule"), py::arg("variant"), py::arg("maximize"), py::arg("params"), py::arg("state"),
           py::arg("count").noconvert(), py::arg("scalars").noconvert(), py::arg("bound") = py::none())
      .def("step", &NamedPlan::step, py::arg("grads"), py::arg("hyper"), py::arg("check_finite"),
           "Check everything, then update everything.")
      .def("load", &NamedPlan::load, py::arg("state"), py::arg("count"), py::arg("scalars").noconvert(),
           py::arg("rest") = py::none(), "Check the state, call `rest`, then take over state and count.")
      .def("hold", &NamedPlan::hold, py::arg("count"), py::arg("reason"),
           "Refuse steps and loads, for this reason, until `release`; False where it cannot be, between no steps.")
      .def("release", &NamedPlan::release, "Allow them again.")
      .def_property_readonly("held", &NamedPlan::held, "Why there may be no step now, or None.")
      .def_property_readonly("under_way", &NamedPlan::under_way, "Whether a thread is in `step` now.");
  m.def("exchange", &exchange, py::arg("dict"), py::arg("key"), py::arg("expected"), py::arg("changes"),
        "Update a dict, in one move, if what it has under `key` is still `expected`; whether it was.");
}

}  // namespace fastopt::bindings
