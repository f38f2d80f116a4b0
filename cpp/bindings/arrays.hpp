// The one place where NumPy arrays are judged. Nothing is cast or copied behind the caller's back: an array is
// used as it lies in memory, or an error names it and says what was expected and what came.
//
// Whatever may run Python code comes first, for that could change what has been judged: hyperparameters are read,
// dicts looked into, labels spelt out, targets converted. From judging to use nothing here runs any unless it refuses;
// nor does it make tuples or dicts, since the garbage collector may run then, and finalizers with it.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <cstdint>
#include <string>
#include <vector>

#include "../core/order.hpp"
#include "../kernels/table.hpp"

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
std::string describe(const py::array& a);

/// The dtype of an array fastopt can work on, or -1: float32 or float64 in native byte order.
/// ('>f4' has the type number of '<f4', so the number alone does not tell.)
int dtype_of(const py::array& a);

/// `object` as an aligned float32 or float64 array; TypeError or ValueError otherwise.
py::array numeric(py::handle object, const Label& label);

/// As `numeric`, and one that can be updated in place: writeable, and dense, that is, without gaps in memory.
py::array updatable(py::handle object, const Label& label);

/// Refuse `a` unless dtype and shape are those of `like`.
void expect_same(const py::array& a, const py::array& like, const Label& label);

/// As `expect_same`, for what is computed from the user's data: says how another dtype is mended.
void expect_same_data(const py::array& a, const py::array& like, const Label& label);

/// Whether element k in memory is the same element of both; shapes are equal.
bool same_order(const py::array& a, const py::array& b);

/// The axes of `p` in the order of its memory, with the strides of `g`.
Order order_as(const py::array& g, const py::array& p);

/// Read `g`, of any strides, into `out` in the memory order of `p`. No Python code runs.
void gather(const py::array& g, const py::array& p, void* out);

/// An array of shape `shape` in C order, not filled.
py::array empty(const py::dtype& dtype, const std::vector<py::ssize_t>& shape);

/// `a`, which its Python owner can neither write to nor make writeable: it is a view then, on what a capsule holds.
py::array read_only(py::array a);

bool row_major(const py::array& a);

/// The axes of a dense array.
Order order_of(const py::array& a);

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

/// Bytes that an array covers, gaps included.
struct Extent {
  std::uintptr_t begin, end;
};
Extent extent(const py::array& a);

bool overlap(const py::array& a, const py::array& b);

[[noreturn]] void refuse_overlap(const Label& a, const Label& b);

/// Written arrays, sorted by address: answers whether another array shares memory with one of them.
class Written {
 public:
  /// Takes all arrays at once; refuses them where two overlap.
  Written(const std::vector<py::array>& arrays, const std::vector<std::string>& labels);
  Written() = default;

  /// Refuse an array that overlaps a written one.
  void expect_apart(const py::array& a, const Label& label) const;

 private:
  struct Range {
    Extent extent;
    std::string label;
  };
  std::vector<Range> ranges_;
};

}  // namespace fastopt::bindings
