// The caller's structure of arrays: one array, a list or tuple, or a dict.
//
// It is what is in it: lists, tuples and dicts are read directly and not through methods that a subclass may have of
// its own. The names in a dict have one order, that in which `Flat` finds them; arrays and their state are bound to
// the names, and whatever else is a dict of the same names may have another order.
#pragma once

#include <pybind11/pybind11.h>

#include <string>
#include <vector>

#include "arrays.hpp"

namespace fastopt::bindings {

/// A structure taken apart.
struct Flat {
  enum class Kind { array, list, dict };

  /// `what` names it in messages.
  Flat(const py::object& structure, const char* what);
  Flat(Kind kind_, std::vector<py::object> keys_, std::vector<py::object> arrays_)
      : kind(kind_), keys(std::move(keys_)), arrays(std::move(arrays_)) {}

  Kind kind;
  std::vector<py::object> keys;    // None, or 0 and on, or those of the dict in the order in which it yields them
  std::vector<py::object> arrays;  // not judged
};

/// What a structure of parameters looked like when it was bound, and how to find the same in another.
class Structure {
 public:
  explicit Structure(const Flat& params) : kind_(params.kind), keys_(params.keys) {}

  std::size_t size() const { return keys_.size(); }
  const std::vector<py::object>& keys() const { return keys_; }

  /// What to call array k of `what`: `grads[2]`, `params['W']`, or `grads` where there is but one.
  Label label(const char* what, std::size_t k) const;

  /// The arrays of another structure, in the order of the parameters; an error that names what is missing, too
  /// many, or of another kind. Keys of a dict may run Python code, so nothing is judged before all are here.
  void collect(const py::object& other, const char* what, std::vector<py::object>& found) const;

 private:
  [[noreturn]] void refuse(const py::object& other, const char* what, bool right_kind) const;
  [[noreturn]] void refuse_extra(const py::object& other, const char* what) const;

  Flat::Kind kind_;
  std::vector<py::object> keys_;
};

}  // namespace fastopt::bindings
