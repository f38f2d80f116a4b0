// What descents are told but for their starts: the keyword arguments of `_core.Descent` and of `_core.Descents`.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <cstddef>

#include "../core/lbfgs/build.hpp"
#include "arrays.hpp"

namespace fastopt::bindings {

/// A number for each element of a point: one vector for all points, or a row for each.
class Spread {
 public:
  /// A copy of an array in the dtype of `starts`, of their shape or of that of one of them; or of a number. None:
  /// empty.
  Spread(py::handle given, const py::array& starts, const Vectors& vectors, const Label& label);

  explicit operator bool() const { return copy_ != nullptr; }
  const void* operator[](std::size_t row) const { return copy_.get() + row * stride_; }

  /// Whether a number of that row is not 0.
  bool any(std::size_t row, const Vectors& vectors) const;

 private:
  Buffer copy_;
  std::size_t stride_ = 0;  // bytes from row to row; 0 if there is one for all
};

class Settings {
 public:
  /// `starts`: a vector, or a row for each of many.
  Settings(const py::array& starts, const py::kwargs& given);

  /// A driver that has not begun, of the descent from row `row`. It reads bounds and weights here.
  Driver driver(std::size_t row = 0) const;

  const Vectors& vectors() const { return vectors_; }

  int memory() const { return memory_; }

  /// Whether the model of the curvature is a matrix and not pairs.
  bool dense() const { return curvature_ == Curvature::matrix; }

 private:
  class Keywords;
  Settings(const py::array& starts, Keywords&& given);

  Vectors vectors_;
  Curvature curvature_;
  int memory_;
  Limits limits_;
  MoreThuente::Options search_;
  Spread l1_, lower_, upper_;
};

/// `starts` as it can be descended from: of `ndim` dimensions, without gaps; TypeError or ValueError otherwise.
const py::array& judged_starts(const py::array& starts, py::ssize_t ndim, const Label& label);

}  // namespace fastopt::bindings
