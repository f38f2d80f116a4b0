#include "arrays.hpp"

#include <cstring>
#include <limits>
#include <type_traits>

#include "../core/arrays/order.hpp"

namespace fastopt::bindings {
namespace {

std::string shape_of(py::handle a) { return py::str(py::object(a.attr("shape"))); }

const auto* descriptor(py::handle a) {
  return py::detail::array_descriptor_proxy(py::detail::array_proxy(a.ptr())->descr);
}

/// Single bytes have no order, which is written '|'.
bool native(py::handle a) {
  const char order = descriptor(a)->byteorder;
  return order == '=' || order == '|' || order == (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? '<' : '>');
}

std::size_t bytes_of_item(py::handle a) {
  return static_cast<std::size_t>(py::reinterpret_borrow<py::array>(a).itemsize());
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

namespace {

void expect_array(py::handle object, const Label& label) {
  if (!py::isinstance<py::array>(object))
    throw py::type_error(label.text() + ": expected a NumPy array, got " + type_name(object));
}

}  // namespace

std::string Label::text() const { return key ? std::string(what) + "[" + shown(key) + "]" : std::string(what); }

std::string describe(py::handle a) {
  return std::string(py::str(py::object(a.attr("dtype")))) + " of shape " + shape_of(a);
}

View view_of(py::handle object) {
  using api = py::detail::npy_api;
  static_assert(std::is_same_v<py::ssize_t, std::ptrdiff_t>);
  if (!py::isinstance<py::array>(object)) return {nullptr, no_float, 0, 0, nullptr, nullptr, false};
  const int type = descriptor(object)->type_num;
  Dtype dtype = no_float;  // '>f4' has the type of '<f4'
  if (type == api::NPY_FLOAT_ && native(object)) dtype = f32;
  if (type == api::NPY_DOUBLE_ && native(object)) dtype = f64;
  const auto* a = py::detail::array_proxy(object.ptr());
  const std::size_t item = dtype == no_float ? bytes_of_item(object) : item_size[dtype];
  return {a->data, dtype, item, a->nd, a->dimensions, a->strides, (a->flags & api::NPY_ARRAY_WRITEABLE_) != 0};
}

py::array numeric(py::handle object, const Label& label) {
  if (const Flaw flaw = flaw_to_read(view_of(object)); flaw != Flaw::none) refuse(flaw, object, label);
  return py::reinterpret_borrow<py::array>(object);
}

py::array updatable(py::handle object, const Label& label) {
  if (const Flaw flaw = flaw_to_update(view_of(object)); flaw != Flaw::none) refuse(flaw, object, label);
  return py::reinterpret_borrow<py::array>(object);
}

void refuse(Flaw flaw, py::handle a, const Label& label) {
  switch (flaw) {
    case Flaw::dtype:
      expect_array(a, label);
      throw py::type_error(label.text() + ": expected float32 or float64 in native byte order, got " + describe(a));
    case Flaw::unaligned:
      throw py::value_error(label.text() +
                            ": expected an aligned array, got one whose data starts between two elements");
    case Flaw::read_only:
      throw py::value_error(label.text() + ": expected a writeable array, got a read-only one");
    case Flaw::gaps:
      throw py::value_error(label.text() + ": expected a dense array (C, Fortran or permuted order), got shape " +
                            shape_of(a) + " with strides " + std::string(py::str(py::object(a.attr("strides")))));
    default:
      throw py::value_error(label.text() + ": has been resized, reshaped or given another dtype since it was bound");
  }
}

namespace {

[[noreturn]] void refuse_other(py::handle a, py::handle like, const Label& label, const std::string& mend) {
  const std::string message = label.text() + ": expected " + describe(like) + ", got " + describe(a);
  if (dtype_of(a) != dtype_of(like)) throw py::type_error(message + mend);
  throw py::value_error(message);
}

}  // namespace

void refuse_unlike(py::handle a, py::handle like, const Label& label) { refuse_other(a, like, label, ""); }

void refuse_unlike_data(py::handle a, py::handle like, const Label& label) {
  const std::string dtype = dtype_of(like) == f32 ? "float32" : "float64";
  refuse_other(a, like, label, "; convert the data it comes from once, as in X.astype(np." + dtype + ")");
}

void expect_same(const py::array& a, const py::array& like, const Label& label) {
  if (!alike(view_of(a), view_of(like))) refuse_unlike(a, like, label);
}

void expect_same_data(const py::array& a, const py::array& like, const Label& label) {
  if (!alike(view_of(a), view_of(like))) refuse_unlike_data(a, like, label);
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

py::array empty_as(const py::array& a) {
  return {a.dtype(), std::vector<py::ssize_t>(a.shape(), a.shape() + a.ndim()), dense_strides(view_of(a))};
}

py::array arranged(const py::array& a, const py::array& like) {
  if (same_order(view_of(a), view_of(like))) return a;
  const py::array moved = empty_as(like);
  copy(view_of(a), view_of(moved));
  return moved;
}

py::object as_floats(py::handle object, py::handle like) {
  auto given = py::reinterpret_borrow<py::object>(object);
  if (!py::isinstance<py::array>(given) || !py::isinstance<py::array>(like)) return given;
  const Dtype dtype = dtype_of(py::reinterpret_borrow<py::array>(like));
  if (dtype == no_float || std::strchr("biu", descriptor(given)->kind) == nullptr) return given;
  return dtype == f32 ? py::object(py::array_t<float>(given)) : py::object(py::array_t<double>(given));
}

std::vector<Column> columns(py::handle object, py::ssize_t rows, py::ssize_t columns, const Label& label) {
  expect_array(object, label);
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
  std::string text;
  for (const std::size_t i : indices(view_of(a), k)) text += (text.empty() ? "" : ", ") + std::to_string(i);
  return label.text() + "[" + text + "]";
}

void refuse_overlap(const Label& a, const Label& b) {
  throw py::value_error(a.text() + " and " + b.text() + " overlap in memory; expected separate arrays");
}

void refuse_reach(const Label& a, const Label& into) {
  throw py::value_error(a.text() + " overlaps " + into.text() + " in memory; expected separate arrays");
}

}  // namespace fastopt::bindings
