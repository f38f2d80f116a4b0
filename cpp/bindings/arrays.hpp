// The one place where NumPy arrays become views, which the core judges, and its codes become messages. Nothing is cast
// or copied behind the caller's back: an array is used as it lies in memory, or an error names it and says what was
// expected and what came.
//
// Whatever may run Python code comes first, for that could change what has been judged: hyperparameters are read,
// dicts looked into, labels spelt out, targets converted. From judging to use nothing here runs any unless it refuses;
// nor does it make tuples or dicts, since the garbage collector may run then, and finalizers with it.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <string>
#include <vector>

#include "../core/arrays/view.hpp"

namespace fastopt::bindings {

namespace py = pybind11;

/// Names an array in messages: `grads[2]`, `params['W']`, `m`. Spelt out only when there is something to say.
struct Label {
  const char* what;
  py::handle key = {};
  std::string text() const;
};

std::string type_name(py::handle object);

/// An object as messages show it: its repr, or its type where Python makes none, as of lists nested without end.
std::string shown(py::handle object);

/// "float32 of shape (128, 10)".
std::string describe(py::handle a);

/// An array as the core sees it. Floats in a foreign byte order are no floats there, nor is what is no array at all.
View view_of(py::handle object);

inline Dtype dtype_of(py::handle object) { return view_of(object).dtype; }

/// `object` as an aligned array of float32 or float64; TypeError or ValueError otherwise.
py::array numeric(py::handle object, const Label& label);

/// As `numeric`, and one that can be updated in place: writeable, and dense, that is, without gaps in memory.
py::array updatable(py::handle object, const Label& label);

/// Put into words what is wrong with an array by itself.
[[noreturn]] void refuse(Flaw flaw, py::handle a, const Label& label);

/// Dtype or shape of `a` are not those of `like`. Of what is computed from the user's data it is said how another dtype
/// is mended.
[[noreturn]] void refuse_unlike(py::handle a, py::handle like, const Label& label);
[[noreturn]] void refuse_unlike_data(py::handle a, py::handle like, const Label& label);
void expect_same(const py::array& a, const py::array& like, const Label& label);
void expect_same_data(const py::array& a, const py::array& like, const Label& label);

/// Two arrays that are written overlap, or one that is read reaches into one that is written.
[[noreturn]] void refuse_overlap(const Label& a, const Label& b);
[[noreturn]] void refuse_reach(const Label& a, const Label& into);

/// An array of shape `shape` in C order, not filled.
py::array empty(const py::dtype& dtype, const std::vector<py::ssize_t>& shape);

/// `a`, which its Python owner can neither write to nor make writeable: it is a view then, on what a capsule holds.
py::array read_only(py::array a);

/// An array of the dtype, shape and memory order of `a`, without gaps, not filled.
py::array empty_as(const py::array& a);

/// `a` itself where it lies in memory as `like` does, else a copy that does: for arrays that are only read.
py::array arranged(const py::array& a, const py::array& like);

/// An array of integers or booleans in the dtype of `like`; all else is as it was, for judging to refuse.
py::object as_floats(py::handle object, py::handle like);

/// One integer for each of `rows`, a column each: of any integer dtype and stride, native byte order.
std::vector<Column> columns(py::handle object, py::ssize_t rows, py::ssize_t columns, const Label& label);

/// "labels[2, 0]": the element that is number `k` in the memory of a dense array.
std::string element(const py::array& a, std::size_t k, const Label& label);

}  // namespace fastopt::bindings
