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

bool is_container(py::handle object) {
  return !py::isinstance<py::array>(object) && (is_list(object) || PyDict_Check(object.ptr()));
}

/// What is in a list or a dict, with its keys: 0 and on, or those of the dict in the order in which it yields them.
void entries(const py::object& structure, std::vector<py::object>& keys, std::vector<py::object>& items) {
  if (is_list(structure)) {
    for (std::size_t k = 0; k < length(structure); ++k) {
      items.push_back(item(structure, k));
      keys.push_back(py::int_(k));
    }
    return;
  }
  py::dict rest = plain(structure);
  const auto move = [&](py::handle key, py::handle value) {
    keys.push_back(py::reinterpret_borrow<py::object>(key));
    items.push_back(py::reinterpret_borrow<py::object>(value));
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
}

/// "encoder.0" and "W" make "encoder.0.W".
std::string joined(const std::string& path, py::handle key) {
  const std::string text = py::str(key);
  return path.empty() ? text : path + "." + text;
}

constexpr int deepest = 200;  // structures in each other

/// Take a nested structure apart.
Flat::Node taken_apart(const py::object& structure, const char* what, const std::string& path, int depth, Flat& flat) {
  if (!is_container(structure)) {
    flat.keys.push_back(py::str(path));
    flat.arrays.push_back(structure);
    return {Flat::Kind::array, {}, {}, flat.keys.size() - 1};
  }
  if (depth == deepest)
    throw py::value_error(std::string(what) + ": expected arrays in lists or dicts, at most " +
                          std::to_string(deepest) + " in each other; got one that is deeper, or holds itself");
  Flat::Node node{is_list(structure) ? Flat::Kind::list : Flat::Kind::dict, {}, {}, 0};
  std::vector<py::object> items;
  entries(structure, node.keys, items);
  for (std::size_t k = 0; k < items.size(); ++k)
    node.inside.push_back(taken_apart(items[k], what, joined(path, node.keys[k]), depth + 1, flat));
  return node;
}

void expect_different(const std::vector<py::object>& paths, const char* what) {
  py::set seen;
  for (const py::object& path : paths) {
    if (seen.contains(path))
      throw py::value_error(std::string(what) + ": expected keys that make different paths, got " + shown(path) +
                            " twice");
    seen.add(path);
  }
}

py::object filled(const Flat::Node& node) {
  if (node.kind == Flat::Kind::array) return py::int_(node.at);
  if (node.kind == Flat::Kind::list) {
    py::list all;
    for (const Flat::Node& each : node.inside) all.append(filled(each));
    return std::move(all);
  }
  py::dict all;
  for (std::size_t k = 0; k < node.keys.size(); ++k) all[node.keys[k]] = filled(node.inside[k]);
  return std::move(all);
}

/// Give the arrays of a structure other places: element k goes to place[k].
void move_arrays(Flat::Node& node, const std::vector<std::size_t>& place) {
  if (node.kind == Flat::Kind::array) node.at = place[node.at];
  for (Flat::Node& each : node.inside) move_arrays(each, place);
}

std::string in_words(py::handle object) {
  return is_container(object) ? type_name(object) + " of " + std::to_string(length(object)) : type_name(object);
}

}  // namespace

Flat::Flat(const py::object& structure, const char* what, bool deep) {
  if (py::isinstance<py::array>(structure)) {
    kind = Kind::array;
    keys.push_back(py::none());
    arrays.push_back(structure);
  } else if (is_container(structure)) {
    kind = is_list(structure) ? Kind::list : Kind::dict;
    entries(structure, keys, arrays);
    bool nested = false;
    for (const py::object& each : arrays) nested = nested || (deep && is_container(each));
    if (nested) {
      kind = Kind::nested;
      keys.clear();
      arrays.clear();
      root = std::make_shared<const Node>(taken_apart(structure, what, "", 0, *this));
      expect_different(keys, what);
    }
  } else {
    throw py::type_error(std::string(what) + ": expected a NumPy array, a list or a dict of arrays, got " +
                         type_name(structure));
  }
  if (keys.empty())
    throw py::value_error(std::string(what) + ": expected at least one array, got an empty " + type_name(structure));
}

Flat::Flat(const Flat& structure, std::vector<py::object> keys_, std::vector<py::object> arrays_)
    : kind(structure.kind), keys(std::move(keys_)), arrays(std::move(arrays_)) {
  if (kind != Kind::nested) return;
  py::dict places;
  for (std::size_t k = 0; k < keys.size(); ++k) places[keys[k]] = k;
  std::vector<std::size_t> place;
  for (const py::object& path : structure.keys) {
    if (!places.contains(path)) throw py::value_error("params: expected the arrays that were bound");
    place.push_back(py::cast<std::size_t>(places[path]));
  }
  Node moved = *structure.root;
  move_arrays(moved, place);
  root = std::make_shared<const Node>(std::move(moved));
}

py::object Flat::template_of() const { return root ? filled(*root) : py::none(); }

Label Structure::label(const char* what, std::size_t k) const {
  return kind_ == Flat::Kind::array ? Label{what} : Label{what, keys_[k]};
}

void Structure::collect(const py::object& other, const char* what, std::vector<py::object>& found) const {
  found.clear();
  if (kind_ == Flat::Kind::array) {
    found.push_back(other);
    return;
  }
  if (kind_ == Flat::Kind::nested) {
    found.resize(size());
    collect_nested(*root_, other, what, "", found);
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

void Structure::collect_nested(const Flat::Node& node, const py::object& other, const char* what,
                               const std::string& path, std::vector<py::object>& found) const {
  if (node.kind == Flat::Kind::array) {
    found[node.at] = other;
    return;
  }
  const auto here = [&] { return path.empty() ? std::string(what) : std::string(what) + "['" + path + "']"; };
  const bool list = node.kind == Flat::Kind::list;
  const bool right_kind = is_container(other) && is_list(other) == list;
  if (!right_kind || (list && length(other) != node.inside.size())) {
    const std::string message = here() + ": expected a " + (list ? "list" : "dict") + " of " +
                                std::to_string(node.inside.size()) + ", as params, got " + in_words(other);
    if (right_kind) throw py::value_error(message);
    throw py::type_error(message);
  }
  for (std::size_t k = 0; k < node.inside.size(); ++k) {
    const std::string inside = joined(path, node.keys[k]);
    if (list) {
      collect_nested(node.inside[k], item(other, k), what, inside, found);
      continue;
    }
    const py::handle value = found_in(other, node.keys[k]);
    if (!value)
      throw py::value_error(std::string(what) + ": expected something for params['" + inside + "'], got none");
    collect_nested(node.inside[k], py::reinterpret_borrow<py::object>(value), what, inside, found);
  }
  if (length(other) == node.inside.size()) return;
  std::vector<py::object> theirs, items;
  entries(other, theirs, items);
  for (const py::object& key : theirs) {
    bool known = false;
    for (const auto& mine : node.keys) known = known || mine.equal(key);
    if (!known) throw py::value_error(std::string(what) + "['" + joined(path, key) + "']: there is no such parameter");
  }
  throw py::value_error(here() + ": expected the keys of params");
}

int Structure::traverse(visitproc visit, void* arg) const {
  for (const py::object& key : keys_) Py_VISIT(key.ptr());
  std::vector<const Flat::Node*> left;
  if (root_) left.push_back(root_.get());
  while (!left.empty()) {
    const Flat::Node& node = *left.back();
    left.pop_back();
    for (const py::object& key : node.keys) Py_VISIT(key.ptr());
    for (const Flat::Node& each : node.inside) left.push_back(&each);
  }
  return 0;
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
  for (const py::object& key : Flat(other, what, false).keys) {
    bool known = false;
    for (const auto& mine : keys_) known = known || mine.equal(key);
    if (!known) throw py::value_error(Label{what, key}.text() + ": there is no such parameter");
  }
  throw py::value_error(std::string(what) + ": expected the keys of params");
}

}  // namespace fastopt::bindings
