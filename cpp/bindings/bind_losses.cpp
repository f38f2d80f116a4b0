// Losses: the value of a batch and its gradient, in one call.
#include <pybind11/pybind11.h>

#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "../core/dispatch.hpp"
#include "../core/loss.hpp"
#include "arrays.hpp"
#include "bindings.hpp"
#include "unlocked.hpp"

namespace fastopt::bindings {
namespace {

enum class Reduction { mean, sum, none };

Reduction reduction_of(py::handle name) {
  if (PyUnicode_Check(name.ptr())) {
    if (PyUnicode_CompareWithASCIIString(name.ptr(), "mean") == 0) return Reduction::mean;
    if (PyUnicode_CompareWithASCIIString(name.ptr(), "sum") == 0) return Reduction::sum;
    if (PyUnicode_CompareWithASCIIString(name.ptr(), "none") == 0) return Reduction::none;
  }
  throw py::value_error("reduction: expected 'mean', 'sum' or 'none', got " + shown(name));
}

std::vector<py::ssize_t> shape_of(const py::array& a) { return {a.shape(), a.shape() + a.ndim()}; }

constexpr Label out_label{"out"};

/// The arrays of a call, judged, and the batch they make.
class Call {
 public:
  Call(const Call&) = delete;  // its batch points into it
  Call& operator=(const Call&) = delete;

  Call(Target target, const char* scores_name, const char* target_name, py::handle scores, py::handle y, py::handle out)
      : by_rows_(target != Target::each),
        scores_label_{scores_name},
        label_{target_name},
        converted_(target == Target::label ? py::reinterpret_borrow<py::object>(y) : as_floats(y, scores)),
        scores_(numeric(scores, scores_label_)) {
    expect_batch();
    if (target == Target::label) {
      columns_ = columns(y, scores_.shape(0), scores_.shape(1), label_);
    } else {
      targets_ = numeric(converted_, label_);
      expect_same_data(*targets_, scores_, label_);
    }
    if (out.is_none())
      grad_ = by_rows_ ? empty(scores_.dtype(), shape_of(scores_)) : empty_as(scores_);
    else
      take(out, y);
    dtype = dtype_of(scores_);
    batch.rows = static_cast<std::size_t>(by_rows_ ? scores_.shape(0) : scores_.size());
    batch.columns = static_cast<std::size_t>(by_rows_ ? scores_.shape(1) : 1);
    batch.s = read(scores_);
    batch.y = targets_ ? read(*targets_) : columns_.data();
    batch.g = const_cast<void*>(grad_->data());
  }

  const py::array& grad() const { return *grad_; }
  py::array targets_or_columns() const {
    if (targets_) return *targets_;
    return py::array_t<Column>(static_cast<py::ssize_t>(columns_.size()), columns_.data());
  }
  py::ssize_t samples() const { return scores_.shape(0); }

  /// An array for the value of each row, or of each element.
  py::array values() const { return by_rows_ ? empty(scores_.dtype(), {scores_.shape(0)}) : empty_as(*grad_); }

  [[noreturn]] void refuse_target(const Loss& loss, std::size_t row) const {
    const auto columns = static_cast<py::ssize_t>(batch.columns);
    const char* first = static_cast<const char*>(targets_->data()) + row * batch.columns * item_size[dtype];
    const py::array y(targets_->dtype(), {columns}, {}, first, *targets_);
    const std::string where = by_rows_ ? label_.text() + "[" + std::to_string(row) + "]" : element(*grad_, row, label_);
    throw py::value_error(where + ": expected " + loss.legal + ", got " +
                          (by_rows_ ? summary(y) : text(y[py::int_(0)])));
  }

  Batch batch{};
  Dtype dtype;

 private:
  static std::string text(const py::object& number) { return py::str(number); }

  /// What is wrong with a row that is not one of probabilities: it may be long.
  static std::string summary(const py::array& row) {
    double sum = 0, least = 1;
    for (const py::handle p : row) {
      const auto x = p.cast<double>();
      sum += x;
      if (x < least || std::isnan(x)) least = x;
    }
    return "a row of sum " + text(py::float_(sum)) + " whose smallest is " + text(py::float_(least));
  }

  void expect_batch() const {
    const auto ndim = scores_.ndim();
    if (scores_.size() > 0 && (by_rows_ ? ndim == 2 : ndim > 0)) return;
    throw py::value_error(scores_label_.text() + ": expected shape " +
                          (by_rows_ ? "(samples, classes)" : "(samples, ...)") + ", at least one of each, got " +
                          std::string(py::str(py::object(scores_.attr("shape")))));
  }

  /// The caller's array for the gradient. It may be the scores, and shares no memory with anything else.
  void take(py::handle out, py::handle y) {
    grad_ = updatable(out, out_label);
    expect_same(*grad_, scores_, out_label);
    if (by_rows_ && !row_major(view_of(*grad_)))
      throw py::value_error("out: expected C order, in which the scores of a sample lie together");
    const bool in_place = grad_->data() == scores_.data() && same_order(view_of(*grad_), view_of(scores_));
    if (!in_place && overlap(view_of(*grad_), view_of(scores_))) refuse_overlap(scores_label_, out_label);
    if (overlap(view_of(*grad_), view_of(y))) refuse_overlap(label_, out_label);
  }

  /// `a` in the order of the gradient.
  const void* read(py::array& a) {
    a = arranged(a, *grad_);
    return a.data();
  }

  bool by_rows_;
  Label scores_label_, label_;
  py::object converted_;  // the targets
  py::array scores_;
  std::optional<py::array> targets_, grad_;
  std::vector<Column> columns_;
};

/// Refuse a parameter that the dtype of the scores would make infinite, denormal or zero.
void expect_in_range(const char* name, double parameter, Dtype dtype) {
  using Float = std::numeric_limits<float>;
  const double size = std::abs(parameter);
  if (dtype == f64 || size == 0 || (size >= Float::min() && size <= Float::max())) return;
  throw py::value_error(
      std::string(name) +
      ": expected a number in the range of float32, the dtype of the scores (1.2e-38 to 3.4e+38), got " +
      std::string(py::repr(py::float_(parameter))));
}

/// `parameter` has been judged by the caller, but for the range of the scores' dtype.
py::tuple loss(const char* name, py::handle scores, py::handle y, double parameter, py::handle reduction,
               py::handle out) {
  const int index = loss_index(name);
  if (index < 0) throw py::value_error(std::string("name: expected a loss of the table, got '") + name + "'");
  const Loss& rule = table().losses.data[index];
  const Reduction reduce = reduction_of(reduction);
  Call call(rule.target, "scores", rule.target_name, scores, y, out);
  if (rule.parameter != nullptr) expect_in_range(rule.parameter, parameter, call.dtype);
  Batch& batch = call.batch;
  std::optional<py::array> each;
  if (reduce == Reduction::none) each = call.values();
  batch.values = each ? each->mutable_data() : nullptr;
  batch.scale = reduce == Reduction::mean ? 1 / static_cast<double>(call.samples()) : 1;
  batch.parameter = parameter;

  double sum = 0;
  std::size_t illegal;
  {
    const Unlocked unlocked(large(batch));
    illegal = first_illegal(index, call.dtype, batch);
    if (illegal == batch.rows) sum = run(index, call.dtype, batch);
  }
  if (illegal != batch.rows) call.refuse_target(rule, illegal);
  if (each) return py::make_tuple(*each, call.grad());
  return py::make_tuple(reduce == Reduction::mean ? sum / static_cast<double>(call.samples()) : sum, call.grad());
}

/// The judging of `loss` alone, for losses in NumPy: the targets (columns, or as the scores) and the gradient's array.
py::tuple judge(const std::string& target, const char* scores_name, const char* target_name, py::handle scores,
                py::handle y, py::handle out) {
  const Call call(target == "label" ? Target::label : Target::each, scores_name, target_name, scores, y, out);
  return py::make_tuple(call.targets_or_columns(), call.grad());
}

/// For the tests of accuracy.
py::array elementary(const std::string& name, const py::array& x) {
  py::array y = empty(numeric(x, Label{"x"}).dtype(), shape_of(x));
  const py::array a = arranged(x, y);
  for (const Elementary& function : table().elementary)
    if (name == function.name) {
      function.apply[dtype_of(a)](a.data(), y.mutable_data(), static_cast<std::size_t>(a.size()));
      return y;
    }
  throw py::value_error("name: there is no function '" + name + "'");
}

}  // namespace

void bind_losses(py::module_& m) {
  m.def("loss", &loss, py::arg("name"), py::arg("scores"), py::arg("y"), py::arg("parameter"), py::arg("reduction"),
        py::arg("out"), "Check everything, then return the value and write the gradient.");
  m.def("judge", &judge, py::arg("target"), py::arg("scores_name"), py::arg("target_name"), py::arg("scores"),
        py::arg("y"), py::arg("out"), "Check the arrays of a loss; return the targets and the array for the gradient.");
  m.def("elementary", &elementary, py::arg("name"), py::arg("x"), "exp, log or log1p of the losses (for tests).");
}

}  // namespace fastopt::bindings
