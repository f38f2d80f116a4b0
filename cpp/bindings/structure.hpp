// The caller's structure of arrays: one array, a list or tuple, or a dict.
#pragma once

#include <pybind11/pybind11.h>

#include <string>
#include <vector>

#include "arrays.hpp"

namespace fastopt::bindings {

/// What a structure of parameters looked like when it was bound, and how to find the same in another.
class Structure {
 public:
  /// Take `params` apart; `what` names them in messages.
  Structure(const py::object& params, const char* what);

  std::size_t size() const { return keys_.size(); }
  const std::vector<py::object>& keys() const { return keys_; }

  /// What to call array k of `what`: `grads[2]`, `params['W']`, or `grads` where there is but one.
  Label label(const char* what, std::size_t k) const;

  /// The arrays of another structure, in the order of the parameters; an error that names what is missing, too
  /// many, or of another kind. Keys of a dict may run Python code, so nothing is judged before all are here.
  void collect(const py::object& other, const char* what, std::vector<py::object>& found) const;

 private:
  enum class Kind { array, list, dict };
  [[noreturn]] void refuse(const py::object& other, const char* what, bool right_kind) const;
  [[noreturn]] void refuse_extra(const py::object& other, const char* what) const;

  Kind kind_;
  std::vector<py::object> keys_;
};

}  // namespace fastopt::bindings
