#include "structure.hpp"

namespace fastopt::bindings {
namespace {

bool is_list(py::handle object) { return PyList_Check(object.ptr()) || PyTuple_Check(object.ptr()); }

}  // namespace

Structure::Structure(const py::object& params, const char* what) {
  if (py::isinstance<py::array>(params)) {
    kind_ = Kind::array;
    keys_.push_back(py::none());
  } else if (is_list(params)) {
    kind_ = Kind::list;
    for (std::size_t k = 0; k < py::len(params); ++k) keys_.push_back(py::int_(k));
  } else if (PyDict_Check(params.ptr())) {
    kind_ = Kind::dict;
    for (auto item : py::reinterpret_borrow<py::dict>(params))
      keys_.push_back(py::reinterpret_borrow<py::object>(item.first));
  } else {
    throw py::type_error(std::string(what) + ": expected a NumPy array, a list or a dict of arrays, got " +
                         type_name(params));
  }
  if (keys_.empty())
    throw py::value_error(std::string(what) + ": expected at least one array, got an empty " + type_name(params));
}

Label Structure::label(const char* what, std::size_t k) const {
  return kind_ == Kind::array ? Label{what} : Label{what, keys_[k]};
}

void Structure::collect(const py::object& other, const char* what, std::vector<py::object>& found) const {
  found.clear();
  if (kind_ == Kind::array) {
    found.push_back(other);
    return;
  }
  if (kind_ == Kind::list) {
    if (!is_list(other) || py::len(other) != size()) refuse(other, what, is_list(other));
    for (std::size_t k = 0; k < size(); ++k)
      found.push_back(
          py::reinterpret_borrow<py::object>(PySequence_Fast_GET_ITEM(other.ptr(), static_cast<py::ssize_t>(k))));
    return;
  }
  if (!PyDict_Check(other.ptr())) refuse(other, what, false);
  for (const py::object& key : keys_) {
    PyObject* item = PyDict_GetItemWithError(other.ptr(), key.ptr());
    if (item == nullptr && PyErr_Occurred() != nullptr) throw py::error_already_set();
    if (item == nullptr)
      throw py::value_error(std::string(what) + ": expected an array for " + Label{"params", key}.text() +
                            ", got none");
    found.push_back(py::reinterpret_borrow<py::object>(item));
  }
  if (py::len(other) != size()) refuse_extra(other, what);
}

void Structure::refuse(const py::object& other, const char* what, bool right_kind) const {
  const bool counted = is_list(other) || PyDict_Check(other.ptr());
  const std::string expected = kind_ == Kind::list ? "a list of " : "a dict of ";
  const std::string message = std::string(what) + ": expected " + expected + std::to_string(size()) +
                              (size() == 1 ? " array" : " arrays") + ", as params, got " + type_name(other) +
                              (counted ? " of " + std::to_string(py::len(other)) : "");
  if (right_kind) throw py::value_error(message);
  throw py::type_error(message);
}

void Structure::refuse_extra(const py::object& other, const char* what) const {
  for (auto item : py::reinterpret_borrow<py::dict>(other)) {
    bool known = false;
    for (const auto& key : keys_) known = known || key.equal(item.first);
    if (!known) throw py::value_error(Label{what, item.first}.text() + ": there is no such parameter");
  }
  throw py::value_error(std::string(what) + ": expected the keys of params");
}

}  // namespace fastopt::bindings
