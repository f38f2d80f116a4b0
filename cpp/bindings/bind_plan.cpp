// A plan: a rule bound once to the arrays it updates, so that a step has little left to do but the work.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include "../core/dispatch.hpp"
#include "arrays.hpp"
#include "bindings.hpp"
#include "formula.hpp"

namespace fastopt::bindings {
namespace {

/// The caller's structure of arrays: one array, a sequence, or a dict.
enum class Structure { array, list, dict };

class Plan {
 public:
  /// `keys` are those of the structure, positions in a list; `state[k]` holds the arrays of slot k, None for a
  /// slot that the variant leaves out; `count` is one int64, the completed steps.
  Plan(const std::string& rule, unsigned variant, bool maximize, const std::string& structure, const py::list& keys,
       const std::vector<py::object>& params, const std::vector<std::optional<std::vector<py::object>>>& state,
       const py::array_t<std::int64_t>& count)
      : formula_(formula_of(rule, variant, maximize)),
        structure_(structure == "array"  ? Structure::array
                   : structure == "list" ? Structure::list
                                         : Structure::dict),
        count_(count) {
    if (count.size() != 1) throw py::value_error("count: expected one int64");
    expect_slots(state, params.size());
    for (auto key : keys) keys_.push_back(py::reinterpret_borrow<py::object>(key));
    if (keys_.size() != params.size()) throw py::value_error("keys: expected as many as params");

    for (std::size_t k = 0; k < params.size(); ++k) {
      const Label label{"params", key(k)};
      bound_.emplace_back(updatable(params[k], label));
      labels_.push_back(label.text());
    }
    for (std::size_t k = 0; k < params.size(); ++k) {
      py::array p = bound_[k].array;
      Piece piece{p.mutable_data(), nullptr, {}, static_cast<std::size_t>(p.size()), static_cast<Dtype>(dtype_of(p))};
      for (std::size_t i = 0; i < state.size(); ++i) {
        if (!rule_of(formula_).slots.data[i].present(formula_.variant)) continue;
        const std::string what = std::string("state['") + rule_of(formula_).slots.data[i].name + "']";
        const Label label{what.c_str(), key(k)};
        py::array s = updatable(state[i]->at(k), label);
        expect_same(s, p, label);
        if (!same_order(s, p)) throw py::value_error(label.text() + ": expected the memory order of its parameter");
        piece.s[i] = s.mutable_data();
        bound_.emplace_back(s);
        labels_.push_back(label.text());
      }
      work_.add(piece);
    }
    std::vector<py::array> arrays;
    for (const Bound& bound : bound_) arrays.push_back(bound.array);
    written_ = Written(arrays, labels_);
    scratch_.resize(params.size());
  }

  /// Check everything, then update everything.
  void step(const py::object& grads, const py::tuple& hyper, bool check_finite) {
    if (busy_.exchange(true)) throw std::runtime_error("step: another thread is in a step of this optimizer");
    const Release release{*this};

    double values[max_hyper];
    read_hyper(rule_of(formula_), hyper, values);
    for (std::size_t k = 0; k < bound_.size(); ++k) bound_[k].expect_unmoved(labels_[k]);
    bind_gradients(grads);
    if (check_finite) expect_finite();
    // Counted here and not in Python, where Ctrl-C could come between the update and the count.
    std::int64_t& count = *count_.mutable_data();
    if (work_.large()) {
      const py::gil_scoped_release unlocked;
      work_.run(formula_, values, count + 1);
    } else {
      work_.run(formula_, values, count + 1);
    }
    ++count;
  }

 private:
  /// A written array and where it was when it was judged.
  struct Bound {
    explicit Bound(py::array a) : array(std::move(a)), data(array.data()), size(array.size()), dtype(dtype_of(array)) {}
    void expect_unmoved(const std::string& label) const {
      if (!array.writeable()) throw py::value_error(label + ": expected a writeable array, got a read-only one");
      if (array.data() != data || array.size() != size || dtype_of(array) != dtype)
        throw py::value_error(label + ": has been resized or given another dtype since the optimizer was made");
    }
    py::array array;
    const void* data;
    py::ssize_t size;
    int dtype;
  };

  /// What a step holds, given up at its end however it ends.
  struct Release {
    Plan& plan;
    ~Release() {
      plan.gradients_.clear();
      plan.busy_ = false;
    }
  };

  void expect_slots(const std::vector<std::optional<std::vector<py::object>>>& state, std::size_t n) const {
    const Span<Slot> slots = rule_of(formula_).slots;
    if (static_cast<int>(state.size()) != slots.size) throw py::value_error("state: expected one entry for each slot");
    for (std::size_t i = 0; i < state.size(); ++i) {
      if (!slots.data[i].present(formula_.variant) || (state[i] && state[i]->size() == n)) continue;
      throw py::value_error(std::string("state['") + slots.data[i].name + "']: expected " + std::to_string(n) +
                            " arrays, got " + (state[i] ? std::to_string(state[i]->size()) : "none"));
    }
  }

  py::handle key(std::size_t k) const { return structure_ == Structure::array ? py::handle() : py::handle(keys_[k]); }

  void bind_gradients(const py::object& grads) {
    switch (structure_) {
      case Structure::array:
        return bind_gradient(0, grads);
      case Structure::list: {
        const bool is_list = PyList_Check(grads.ptr()) || PyTuple_Check(grads.ptr());
        const auto size = is_list ? PySequence_Fast_GET_SIZE(grads.ptr()) : -1;
        if (size != static_cast<py::ssize_t>(keys_.size()))
          refuse(grads, "a list of " + std::to_string(keys_.size()) + " arrays", is_list);
        for (std::size_t k = 0; k < keys_.size(); ++k)
          bind_gradient(k, PySequence_Fast_GET_ITEM(grads.ptr(), static_cast<py::ssize_t>(k)));
        return;
      }
      case Structure::dict: {
        if (!PyDict_Check(grads.ptr())) refuse(grads, "a dict of " + std::to_string(keys_.size()) + " arrays", false);
        for (std::size_t k = 0; k < keys_.size(); ++k) {
          PyObject* grad = PyDict_GetItemWithError(grads.ptr(), keys_[k].ptr());
          if (grad == nullptr && PyErr_Occurred() != nullptr) throw py::error_already_set();
          if (grad == nullptr)
            throw py::value_error("grads: expected a gradient for " + Label{"params", keys_[k]}.text() + ", got none");
          bind_gradient(k, grad);
        }
        if (PyDict_Size(grads.ptr()) != static_cast<py::ssize_t>(keys_.size())) refuse_extra(grads);
        return;
      }
    }
  }

  void bind_gradient(std::size_t k, py::handle object) {
    const Label label{"grads", key(k)};
    const py::array& p = param(k);
    py::array g = numeric(object, label);
    expect_same(g, p, label);
    written_.expect_apart(g, label);
    if (!same_order(g, p)) {
      if (!scratch_[k]) scratch_[k] = empty_as(p);
      g = reordered(g, *scratch_[k]);
    }
    work_.pieces()[k].g = g.data();
    gradients_.push_back(std::move(g));
  }

  void expect_finite() const {
    for (std::size_t k = 0; k < keys_.size(); ++k) {
      const Piece& piece = work_.pieces()[k];
      if (table().all_finite[piece.dtype](piece.g, piece.n)) continue;
      PyErr_SetString(PyExc_FloatingPointError,
                      (Label{"grads", key(k)}.text() + ": expected finite values, got NaN or infinity").c_str());
      throw py::error_already_set();
    }
  }

  [[noreturn]] static void refuse(const py::object& grads, const std::string& expected, bool right_type) {
    const bool counted = PyList_Check(grads.ptr()) || PyTuple_Check(grads.ptr()) || PyDict_Check(grads.ptr());
    const std::string came = std::string(py::str(py::type::of(grads).attr("__name__"))) +
                             (counted ? " of " + std::to_string(py::len(grads)) : "");
    const std::string message = "grads: expected " + expected + ", as params, got " + came;
    if (right_type) throw py::value_error(message);
    throw py::type_error(message);
  }

  [[noreturn]] void refuse_extra(const py::object& grads) const {
    for (auto item : py::reinterpret_borrow<py::dict>(grads)) {
      bool known = false;
      for (const auto& key : keys_) known = known || key.equal(item.first);
      if (!known) throw py::value_error(Label{"grads", item.first}.text() + ": there is no such parameter");
    }
    throw py::value_error("grads: expected the keys of params");
  }

  const py::array& param(std::size_t k) const { return bound_[k].array; }

  Formula formula_;
  Structure structure_;
  std::vector<py::object> keys_;
  std::vector<Bound> bound_;  // the parameters, then their state
  std::vector<std::string> labels_;
  py::array_t<std::int64_t> count_;
  Work work_;
  Written written_;
  std::vector<py::array> gradients_;               // of the step under way: another thread may drop them from the list
  std::vector<std::optional<py::array>> scratch_;  // for gradients in another memory order
  std::atomic<bool> busy_{false};
};

}  // namespace

void bind_plan(py::module_& m) {
  py::class_<Plan>(m, "Plan", "A rule bound to the arrays it updates.")
      .def(py::init<const std::string&, unsigned, bool, const std::string&, const py::list&,
                    const std::vector<py::object>&, const std::vector<std::optional<std::vector<py::object>>>&,
                    const py::array_t<std::int64_t>&>(),
           py::arg("rule"), py::arg("variant"), py::arg("maximize"), py::arg("structure"), py::arg("keys"),
           py::arg("params"), py::arg("state"), py::arg("count").noconvert())
      .def("step", &Plan::step, py::arg("grads"), py::arg("hyper"), py::arg("check_finite"),
           "Check everything, then update everything.");
}

}  // namespace fastopt::bindings
