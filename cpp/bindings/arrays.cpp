#include "arrays.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <numeric>

namespace fastopt::bindings {
namespace {

std::string shape_of(const py::array& a) { return py::str(py::object(a.attr("shape"))); }

const auto* descriptor(const py::array& a) {
  return py::detail::array_descriptor_proxy(py::detail::array_proxy(a.ptr())->descr);
}

/// Single bytes have no order, which is written '|'.
bool native(const py::array& a) {
  const char order = descriptor(a)->byteorder;
  return order == '=' || order == '|' || order == (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? '<' : '>');
}

/// The integers of `labels` as columns, which they have to be.
template <class Integer>
void read_columns(const py::array& labels, py::ssize_t columns, const Label& label, std::vector<Column>& read) {
  const char* at = static_cast<const char*>(labels.data());
  for (std::size_t k = 0; k < read.size(); ++k, at += labels.strides(0)) {
    Integer value;
    std::memcpy(&value, at, sizeof value);
    if (value < Integer{0} || static_cast<std::uint64_t>(value) >= static_cast<std::uint64_t>(columns))
      throw py::value_error(label.text() + "[" + std::to_string(k) + "]: expected 0 to " + std::to_string(columns - 1) +
                            ", got " + std::to_string(value));
    read[k] = static_cast<Column>(value);
  }
}

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

std::string shown(py::handle object) {
  try {
    return py::repr(object);
  } catch (const py::error_already_set& error) {
    if (!error.matches(PyExc_Exception)) throw;
    return type_name(object);
  }
}

std::string Label::text() const { return key ? std::string(what) + "[" + shown(key) + "]" : std::string(what); }

std::string describe(const py::array& a) {
  return std::string(py::str(py::object(a.attr("dtype")))) + " of shape " + shape_of(a);
}

int dtype_of(const py::array& a) {
  if (!native(a)) return -1;
  if (descriptor(a)->type_num == py::detail::npy_api::NPY_FLOAT_) return f32;
  if (descriptor(a)->type_num == py::detail::npy_api::NPY_DOUBLE_) return f64;
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

namespace {

bool is_same(const py::array& a, const py::array& like) {
  return dtype_of(a) == dtype_of(like) && a.ndim() == like.ndim() &&
         std::equal(a.shape(), a.shape() + a.ndim(), like.shape());
}

[[noreturn]] void refuse_other(const py::array& a, const py::array& like, const Label& label, const std::string& mend) {
  const std::string message = label.text() + ": expected " + describe(like) + ", got " + describe(a);
  if (dtype_of(a) != dtype_of(like)) throw py::type_error(message + mend);
  throw py::value_error(message);
}

}  // namespace

void expect_same(const py::array& a, const py::array& like, const Label& label) {
  if (!is_same(a, like)) refuse_other(a, like, label, "");
}

void expect_same_data(const py::array& a, const py::array& like, const Label& label) {
  if (is_same(a, like)) return;
  const std::string dtype = dtype_of(like) == f32 ? "float32" : "float64";
  refuse_other(a, like, label, "; convert the data it comes from once, as in X.astype(np." + dtype + ")");
}

bool same_order(const py::array& a, const py::array& b) {
  for (py::ssize_t k = 0; k < a.ndim(); ++k)
    if (a.strides(k) != b.strides(k) && a.shape(k) > 1) return a.size() == 0;
  return true;
}

Order order_as(const py::array& g, const py::array& p) {
  std::vector<py::ssize_t> axes;
  for (py::ssize_t k = 0; k < p.ndim(); ++k)
    if (p.shape(k) != 1) axes.push_back(k);
  std::sort(axes.begin(), axes.end(), [&p](auto a, auto b) { return p.strides(a) > p.strides(b); });
  Order order;
  for (const py::ssize_t k : axes) {
    order.shape.push_back(static_cast<std::size_t>(p.shape(k)));
    order.strides.push_back(g.strides(k) / g.itemsize());
  }
  return order;
}

void gather(const py::array& g, const py::array& p, void* out) {
  const Order order = order_as(g, p);
  const auto n = static_cast<std::size_t>(p.size());
  if (dtype_of(p) == f32)
    order.gather(static_cast<const float*>(g.data()), 0, n, static_cast<float*>(out));
  else
    order.gather(static_cast<const double*>(g.data()), 0, n, static_cast<double*>(out));
}

py::array empty(const py::dtype& dtype, const std::vector<py::ssize_t>& shape) { return py::array(dtype, shape); }

py::array read_only(py::array a) {
  if (a.owndata()) {  // NumPy would let whoever has it, or a view of it, make it writeable again
    const auto let_go = [](void* kept) { py::handle(static_cast<PyObject*>(kept)).dec_ref(); };
    const py::capsule keeps(static_cast<const void*>(a.inc_ref().ptr()), +let_go);
    a = py::array(a.dtype(), {a.shape(), a.shape() + a.ndim()}, {a.strides(), a.strides() + a.ndim()}, a.data(), keeps);
  }
  py::detail::array_proxy(a.ptr())->flags &= ~py::detail::npy_api::NPY_ARRAY_WRITEABLE_;
  return a;
}

bool row_major(const py::array& a) { return (a.flags() & py::detail::npy_api::NPY_ARRAY_C_CONTIGUOUS_) != 0; }

Order order_of(const py::array& a) {
  Order order;
  for (py::ssize_t k = 0; k < a.ndim(); ++k) {
    order.shape.push_back(static_cast<std::size_t>(a.shape(k)));
    order.strides.push_back(a.strides(k) / a.itemsize());
  }
  return order;
}

py::array empty_as(const py::array& a) {
  std::vector<py::ssize_t> shape(a.shape(), a.shape() + a.ndim()), strides(shape.size());
  if (row_major(a)) return empty(a.dtype(), shape);
  std::vector<std::size_t> axes(shape.size());  // outermost first
  std::iota(axes.begin(), axes.end(), std::size_t{0});
  std::stable_sort(axes.begin(), axes.end(), [&a](std::size_t i, std::size_t j) {
    return std::abs(a.strides(static_cast<py::ssize_t>(i))) > std::abs(a.strides(static_cast<py::ssize_t>(j)));
  });
  py::ssize_t stride = a.itemsize();
  for (auto axis = axes.rbegin(); axis != axes.rend(); ++axis) {
    strides[*axis] = stride;
    stride *= std::max<py::ssize_t>(shape[*axis], 1);
  }
  return {a.dtype(), shape, strides};
}

py::array arranged(const py::array& a, const py::array& like) {
  if (same_order(a, like)) return a;
  py::array copy = empty_as(like);
  gather(a, like, copy.mutable_data());
  return copy;
}

py::object as_floats(py::handle object, py::handle like) {
  auto given = py::reinterpret_borrow<py::object>(object);
  if (!py::isinstance<py::array>(given) || !py::isinstance<py::array>(like)) return given;
  const int dtype = dtype_of(py::reinterpret_borrow<py::array>(like));
  if (dtype < 0 || std::strchr("biu", descriptor(py::reinterpret_borrow<py::array>(given))->kind) == nullptr)
    return given;
  return dtype == f32 ? py::object(py::array_t<float>(given)) : py::object(py::array_t<double>(given));
}

std::vector<Column> columns(py::handle object, py::ssize_t rows, py::ssize_t columns, const Label& label) {
  if (!py::isinstance<py::array>(object))
    throw py::type_error(label.text() + ": expected a NumPy array, got " + type_name(object));
  const auto a = py::reinterpret_borrow<py::array>(object);
  const char kind = descriptor(a)->kind;
  if ((kind != 'i' && kind != 'u') || !native(a))
    throw py::type_error(label.text() + ": expected integers in native byte order, got " + describe(a));
  if (a.ndim() != 1 || a.shape(0) != rows)
    throw py::value_error(label.text() + ": expected shape (" + std::to_string(rows) + ",), one a row of scores, got " +
                          shape_of(a));
  if (columns > std::numeric_limits<Column>::max())
    throw py::value_error("scores: expected fewer than 2**31 columns, got " + std::to_string(columns));
  std::vector<Column> read(static_cast<std::size_t>(rows));
  switch (a.itemsize() * (kind == 'i' ? 1 : -1)) {
    case 1:
      read_columns<std::int8_t>(a, columns, label, read);
      break;
    case 2:
      read_columns<std::int16_t>(a, columns, label, read);
      break;
    case 4:
      read_columns<std::int32_t>(a, columns, label, read);
      break;
    case 8:
      read_columns<std::int64_t>(a, columns, label, read);
      break;
    case -1:
      read_columns<std::uint8_t>(a, columns, label, read);
      break;
    case -2:
      read_columns<std::uint16_t>(a, columns, label, read);
      break;
    case -4:
      read_columns<std::uint32_t>(a, columns, label, read);
      break;
    default:
      read_columns<std::uint64_t>(a, columns, label, read);
  }
  return read;
}

std::string element(const py::array& a, std::size_t k, const Label& label) {
  std::vector<py::ssize_t> axes(static_cast<std::size_t>(a.ndim())), index(axes.size());
  for (std::size_t i = 0; i < axes.size(); ++i) axes[i] = static_cast<py::ssize_t>(i);
  std::stable_sort(axes.begin(), axes.end(), [&](auto i, auto j) { return a.strides(i) > a.strides(j); });
  auto offset = static_cast<py::ssize_t>(k) * a.itemsize();
  for (const auto axis : axes) {
    if (a.shape(axis) == 1) continue;
    index[static_cast<std::size_t>(axis)] = offset / a.strides(axis);
    offset %= a.strides(axis);
  }
  std::string text;
  for (const auto i : index) text += (text.empty() ? "" : ", ") + std::to_string(i);
  return label.text() + "[" + text + "]";
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
