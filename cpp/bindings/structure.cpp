#include "structure.hpp"

namespace fastopt::bindings {
namespace {

bool is_list(py::handle object) { return PyList_Check(object.ptr()) || PyTuple_Check(object.ptr()); }

/// How many there are, whatever a subclass says.
std::size_t length(py::handle object) {
  return static_cast<std::size_t>(PyDict_Check(object.ptr()) ? PyDict_Size(object.ptr())
                                                             : PySequence_Fast_GET_SIZE(object.ptr()));
}

py::object item(py::handle list, std::size_t k) {
  return py::reinterpret_borrow<py::object>(PySequence_Fast_GET_ITEM(list.ptr(), static_cast<py::ssize_t>(k)));
}

/// What is in a dict under `key`; an empty handle where there is nothing.
py::handle found_in(py::handle dict, py::handle key) {
  PyObject* value = PyDict_GetItemWithError(dict.ptr(), key.ptr());
  if (value == nullptr && PyErr_Occurred() != nullptr) throw py::error_already_set();
  return value;
}

/// A plain dict of what is in a dict.
py::dict plain(py::handle dict) {
  std::vector<std::pair<py::object, py::object>> items;  // all of them before any key is hashed: that may change it
  PyObject *key, *value;
  for (py::ssize_t at = 0; PyDict_Next(dict.ptr(), &at, &key, &value) != 0;)
    items.emplace_back(py::reinterpret_borrow<py::object>(key), py::reinterpret_borrow<py::object>(value));
  py::dict copy;
  for (const auto& [k, v] : items)
    if (PyDict_SetItem(copy.ptr(), k.ptr(), v.ptr()) != 0) throw py::error_already_set();
  return copy;
}

}  // namespace

Flat::Flat(const py::object& structure, const char* what) {
  if (py::isinstance<py::array>(structure)) {
    kind = Kind::array;
    keys.push_back(py::none());
    arrays.push_back(structure);
  } else if (is_list(structure)) {
    kind = Kind::list;
    for (std::size_t k = 0; k < length(structure); ++k) {
      arrays.push_back(item(structure, k));
      keys.push_back(py::int_(k));
    }
  } else if (PyDict_Check(structure.ptr())) {
    kind = Kind::dict;
    py::dict rest = plain(structure);
    const auto move = [&](py::handle key, py::handle value) {
      keys.push_back(py::reinterpret_borrow<py::object>(key));
      arrays.push_back(py::reinterpret_borrow<py::object>(value));
    };
    // An OrderedDict yields its keys in another order than the dict that it is, a sorted one too.
    if (PyDict_CheckExact(structure.ptr()) == 0)
      for (const py::handle key : structure) {
        const py::handle value = found_in(rest, key);
        if (!value) continue;
        move(key, value);
        if (PyDict_DelItem(rest.ptr(), key.ptr()) != 0) throw py::error_already_set();
      }
    for (const auto& [key, value] : rest) move(key, value);
  } else {
    throw py::type_error(std::string(what) + ": expected a NumPy array, a list or a dict of arrays, got " +
                         type_name(structure));
  }
  if (keys.empty())
    throw py::value_error(std::string(what) + ": expected at least one array, got an empty " + type_name(structure));
}

Label Structure::label(const char* what, std::size_t k) const {
  return kind_ == Flat::Kind::array ? Label{what} : Label{what, keys_[k]};
}

void Structure::collect(const py::object& other, const char* what, std::vector<py::object>& found) const {
  found.clear();
  if (kind_ == Flat::Kind::array) {
    found.push_back(other);
    return;
  }
  if (kind_ == Flat::Kind::list) {
    if (!is_list(other) || length(other) != size()) refuse(other, what, is_list(other));
    for (std::size_t k = 0; k < size(); ++k) found.push_back(item(other, k));
    return;
  }
  if (!PyDict_Check(other.ptr())) refuse(other, what, false);
  for (const py::object& key : keys_) {
    const py::handle value = found_in(other, key);
    if (!value)
      throw py::value_error(std::string(what) + ": expected an array for " + Label{"params", key}.text() +
                            ", got none");
    found.push_back(py::reinterpret_borrow<py::object>(value));
  }
  if (length(other) != size()) refuse_extra(other, what);
}

void Structure::refuse(const py::object& other, const char* what, bool right_kind) const {
  const bool counted = is_list(other) || PyDict_Check(other.ptr());
  const std::string expected = kind_ == Flat::Kind::list ? "a list of " : "a dict of ";
  const std::string message = std::string(what) + ": expected " + expected + std::to_string(size()) +
                              (size() == 1 ? " array" : " arrays") + ", as params, got " + type_name(other) +
                              (counted ? " of " + std::to_string(length(other)) : "");
  if (right_kind) throw py::value_error(message);
  throw py::type_error(message);
}

void Structure::refuse_extra(const py::object& other, const char* what) const {
  for (const py::object& key : Flat(other, what).keys) {
    bool known = false;
    for (const auto& mine : keys_) known = known || mine.equal(key);
    if (!known) throw py::value_error(Label{what, key}.text() + ": there is no such parameter");
  }
  throw py::value_error(std::string(what) + ": expected the keys of params");
}

}  // namespace fastopt::bindings
