#include "arrays.hpp"

#include <algorithm>

namespace fastopt::bindings {
namespace {

std::string shape_of(const py::array& a) { return py::str(py::object(a.attr("shape"))); }

/// Without gaps: the strides are those of a C array with its axes in some order.
bool dense(const py::array& a) {
  std::vector<std::pair<py::ssize_t, py::ssize_t>> axes;  // stride, length
  for (py::ssize_t k = 0; k < a.ndim(); ++k)
    if (a.shape(k) != 1) axes.emplace_back(a.strides(k), a.shape(k));
  std::sort(axes.begin(), axes.end());
  py::ssize_t expected = a.itemsize();
  for (const auto& [stride, length] : axes) {
    if (stride != expected) return false;
    expected *= length;
  }
  return true;
}

}  // namespace

std::string type_name(py::handle object) { return py::str(py::type::of(object).attr("__name__")); }

std::string Label::text() const {
  return key ? std::string(what) + "[" + std::string(py::repr(key)) + "]" : std::string(what);
}

std::string describe(const py::array& a) {
  return std::string(py::str(py::object(a.attr("dtype")))) + " of shape " + shape_of(a);
}

int dtype_of(const py::array& a) {
  const auto* descr = py::detail::array_descriptor_proxy(py::detail::array_proxy(a.ptr())->descr);
  const char native = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? '<' : '>';
  if (descr->byteorder != '=' && descr->byteorder != native) return -1;
  if (descr->type_num == py::detail::npy_api::NPY_FLOAT_) return f32;
  if (descr->type_num == py::detail::npy_api::NPY_DOUBLE_) return f64;
  return -1;
}

py::array numeric(py::handle object, const Label& label) {
  if (!py::isinstance<py::array>(object))
    throw py::type_error(label.text() + ": expected a NumPy array, got " + type_name(object));
  auto a = py::reinterpret_borrow<py::array>(object);
  if (dtype_of(a) < 0)
    throw py::type_error(label.text() + ": expected float32 or float64 in native byte order, got " + describe(a));
  if ((a.flags() & py::detail::npy_api::NPY_ARRAY_ALIGNED_) == 0)
    throw py::value_error(label.text() + ": expected an aligned array, got one whose data starts between two elements");
  return a;
}

py::array updatable(py::handle object, const Label& label) {
  py::array a = numeric(object, label);
  if (!a.writeable()) throw py::value_error(label.text() + ": expected a writeable array, got a read-only one");
  if (a.size() > 0 && !dense(a))
    throw py::value_error(label.text() + ": expected a dense array (C, Fortran or permuted order), got shape " +
                          shape_of(a) + " with strides " + std::string(py::str(py::object(a.attr("strides")))));
  return a;
}

void expect_same(const py::array& a, const py::array& like, const Label& label) {
  const bool same_dtype = dtype_of(a) == dtype_of(like);
  const bool same_shape = a.ndim() == like.ndim() && std::equal(a.shape(), a.shape() + a.ndim(), like.shape());
  if (same_dtype && same_shape) return;
  const std::string message = label.text() + ": expected " + describe(like) + ", got " + describe(a);
  if (!same_dtype) throw py::type_error(message);
  throw py::value_error(message);
}

bool same_order(const py::array& a, const py::array& b) {
  for (py::ssize_t k = 0; k < a.ndim(); ++k)
    if (a.strides(k) != b.strides(k) && a.shape(k) > 1) return a.size() == 0;
  return true;
}

namespace {

/// An axis of a gradient that is read in the order of its parameter.
struct Axis {
  py::ssize_t length, from, to;  // strides in bytes
};

/// The innermost axis of `p` runs fastest, so that writing is sequential.
template <class T>
void gather(const char* from, const Axis* axis, const Axis* last, T*& to) {
  if (axis == last) {
    *to++ = *reinterpret_cast<const T*>(from);
    return;
  }
  if (axis + 1 == last) {
    for (py::ssize_t i = 0; i < axis->length; ++i) *to++ = *reinterpret_cast<const T*>(from + i * axis->from);
    return;
  }
  for (py::ssize_t i = 0; i < axis->length; ++i) gather(from + i * axis->from, axis + 1, last, to);
}

}  // namespace

void gather(const py::array& g, const py::array& p, void* out) {
  std::vector<Axis> axes;
  for (py::ssize_t k = 0; k < p.ndim(); ++k)
    if (p.shape(k) != 1) axes.push_back({p.shape(k), g.strides(k), p.strides(k)});
  std::sort(axes.begin(), axes.end(), [](const Axis& a, const Axis& b) { return a.to > b.to; });
  const auto* from = static_cast<const char*>(g.data());
  const Axis *first = axes.data(), *last = first + axes.size();
  if (dtype_of(p) == f32) {
    auto* to = static_cast<float*>(out);
    gather(from, first, last, to);
  } else {
    auto* to = static_cast<double*>(out);
    gather(from, first, last, to);
  }
}

Extent extent(const py::array& a) {
  auto begin = reinterpret_cast<std::uintptr_t>(a.data());
  auto end = begin;
  if (a.size() == 0) return {begin, begin};
  for (py::ssize_t k = 0; k < a.ndim(); ++k) {
    const py::ssize_t reach = (a.shape(k) - 1) * a.strides(k);
    (reach < 0 ? begin : end) += static_cast<std::uintptr_t>(reach);
  }
  return {begin, end + static_cast<std::uintptr_t>(a.itemsize())};
}

bool overlap(const py::array& a, const py::array& b) {
  const Extent x = extent(a), y = extent(b);
  return x.begin < y.end && y.begin < x.end;
}

void refuse_overlap(const Label& a, const Label& b) {
  throw py::value_error(a.text() + " and " + b.text() + " overlap in memory; expected separate arrays");
}

Written::Written(const std::vector<py::array>& arrays, const std::vector<std::string>& labels) {
  for (std::size_t k = 0; k < arrays.size(); ++k)
    if (arrays[k].size() > 0) ranges_.push_back({extent(arrays[k]), labels[k]});
  std::sort(ranges_.begin(), ranges_.end(),
            [](const Range& a, const Range& b) { return a.extent.begin < b.extent.begin; });
  for (std::size_t k = 1; k < ranges_.size(); ++k)
    if (ranges_[k].extent.begin < ranges_[k - 1].extent.end)
      throw py::value_error(ranges_[k - 1].label + " and " + ranges_[k].label +
                            " overlap in memory; expected separate arrays");
}

void Written::expect_apart(const py::array& a, const Label& label) const {
  const Extent mine = extent(a);
  if (mine.begin == mine.end) return;
  // Ranges are disjoint and sorted: of those that begin before `a` ends, only the last can reach into it.
  auto after =
      std::lower_bound(ranges_.begin(), ranges_.end(), mine.end,
                       [](const Range& range, std::uintptr_t address) { return range.extent.begin < address; });
  if (after == ranges_.begin() || (--after)->extent.end <= mine.begin) return;
  throw py::value_error(label.text() + " overlaps " + after->label + " in memory; expected separate arrays");
}

}  // namespace fastopt::bindings
