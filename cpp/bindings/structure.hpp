// The caller's structure of arrays: one array, a list or tuple, a dict, or lists and dicts in each other.
//
// It is what is in it: lists, tuples and dicts are read directly and not through methods that a subclass may have of
// its own. The names in a dict have one order, that in which `Flat` finds them; arrays and their state are bound to
// the names, and whatever else is a dict of the same names may have another order.
#pragma once

#include <pybind11/pybind11.h>

#include <memory>
#include <string>
#include <vector>

#include "arrays.hpp"

namespace fastopt::bindings {

/// A structure taken apart.
struct Flat {
  enum class Kind { array, list, dict, nested };

  /// A part of a nested structure.
  struct Node {
    Kind kind;                     // array: something that is taken for one
    std::vector<py::object> keys;  // of a dict
    std::vector<Node> inside;
    std::size_t at;  // of an array: its place among `keys` of the whole
  };

  /// `what` names it in messages. If not `deep`, what is in a list or dict is taken for an array, whatever it is.
  Flat(const py::object& structure, const char* what, bool deep = true);

  /// The same with these arrays under its keys, in their order.
  Flat(const Flat& structure, std::vector<py::object> keys_, std::vector<py::object> arrays_);

  /// The structure with the places of its arrays in them; None if it is not nested.
  py::object template_of() const;

  Kind kind;
  // None; or 0 and on; or those of the dict in the order in which it yields them; or the paths of a nested one, as
  // "encoder.0.W".
  std::vector<py::object> keys;
  std::vector<py::object> arrays;    // not judged
  std::shared_ptr<const Node> root;  // of a nested one
};

/// What a structure of parameters looked like when it was bound, and how to find the same in another.
class Structure {
 public:
  explicit Structure(const Flat& params) : kind_(params.kind), keys_(params.keys), root_(params.root) {}

  std::size_t size() const { return keys_.size(); }
  const std::vector<py::object>& keys() const { return keys_; }

  /// What to call array k of `what`: `grads[2]`, `params['W']`, or `grads` where there is but one.
  Label label(const char* what, std::size_t k) const;

  /// The arrays of another structure, in the order of the parameters; an error that names what is missing, too
  /// many, or of another kind. Keys of a dict may run Python code, so nothing is judged before all are here.
  void collect(const py::object& other, const char* what, std::vector<py::object>& found) const;

  /// Show the garbage collector the keys.
  int traverse(visitproc visit, void* arg) const;

 private:
  void collect_nested(const Flat::Node& node, const py::object& other, const char* what, const std::string& path,
                      std::vector<py::object>& found) const;
  [[noreturn]] void refuse(const py::object& other, const char* what, bool right_kind) const;
  [[noreturn]] void refuse_extra(const py::object& other, const char* what) const;

  Flat::Kind kind_;
  std::vector<py::object> keys_;
  std::shared_ptr<const Flat::Node> root_;
};

}  // namespace fastopt::bindings
