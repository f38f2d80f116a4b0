// The state of a descent as a dict, and how it is judged on its way back.
#pragma once

#include <pybind11/pybind11.h>

#include <cstring>
#include <limits>
#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>

#include "../core/dispatch.hpp"
#include "../core/lbfgs/archive.hpp"
#include "../core/lbfgs/driver.hpp"
#include "../core/line_search/search.hpp"
#include "arrays.hpp"

namespace fastopt::bindings {

class Saver : public Archive {
 public:
  explicit Saver(std::size_t n) : n_(static_cast<py::ssize_t>(n)) {}
  using Archive::operator();
  void operator()(const std::string& name, double& value) override { saved[name.c_str()] = value; }
  void operator()(const std::string& name, long long& value) override { saved[name.c_str()] = value; }
  void operator()(const std::string& name, Buffer& buffer, Dtype dtype) override {
    if (!buffer) return;
    py::array copy = empty(py::dtype(dtype == f32 ? "float32" : "float64"), {n_});
    std::memcpy(copy.mutable_data(), buffer.get(), static_cast<std::size_t>(n_) * item_size[dtype]);
    saved[name.c_str()] = copy;
  }
  py::dict saved;

 private:
  py::ssize_t n_;
};

/// What the numbers of a state may be.
struct Range {
  std::string_view name;  // all of it, or what follows a space or a point
  double low, high;
};

constexpr double most = std::numeric_limits<int>::max();
constexpr double infinite = std::numeric_limits<double>::infinity();

constexpr Range ranges[] = {
    {"search status", 0, static_cast<double>(SearchStatus::uphill)},
    {"search bracketed", 0, 1},
    {"search stage", 1, 2},
    {"search evaluations", 0, most},
    {"search max_evaluations", 1, most},
    {"level", 0, most},
    {"status", static_cast<double>(Status::running), static_cast<double>(Status::unbounded)},
    {"begun", 0, 1},
    {"stepped", 0, 1},
    {"contrary", 0, 1},
    {"lowest is last", 0, 1},
    {"steepness", 0, infinite},
    {"flattest", 0, infinite},
    {"steep", 0, infinite},
    {"longest", 0, infinite},
    {"farthest", 0, infinite},
    {"c1", 0, 1},
    {"c2", 0, 1},
    {"step", 0, infinite},
    {"min_step", 0, infinite},
    {"max_step", 0, infinite},
    {"wall", 0, infinite},
    {"dy", 0, infinite},
    {"yy", 0, infinite},
};

/// The range of a number; if it has none of its own: from 0 on for counts, anything but NaN for others.
inline Range range_of(std::string_view name, bool count) {
  const auto ends = [name](std::string_view end) {
    if (name.size() <= end.size()) return name == end;
    const char before = name[name.size() - end.size() - 1];
    return (before == ' ' || before == '.') && name.substr(name.size() - end.size()) == end;
  };
  for (const Range& range : ranges)
    if (ends(range.name)) return range;
  return {"", count ? 0 : -infinite, infinite};
}

/// Throws where an entry is missing or cannot be what a descent has saved, and names it.
class Loader : public Archive {
 public:
  Loader(const py::dict& saved, const Vectors& vectors, int memory)
      : saved_(saved), vectors_(vectors), memory_(memory) {}
  using Archive::operator();
  void operator()(const std::string& name, double& value) override {
    value = number<double>(name);
    const bool undefined = name == "value" || name == "steepness" || name == "high";  // at a start that is not finite
    if (undefined && number<long long>("status") == static_cast<long long>(Status::not_finite)) return;
    const Range range = range_of(name, false);
    if (!(value >= range.low && value <= range.high)) refuse(name, "a number", range);
  }
  void operator()(const std::string& name, long long& value) override {
    value = number<long long>(name);
    Range range = range_of(name, true);
    if (name == "size") range.high = memory_;
    const auto n = static_cast<double>(value);
    if (n < range.low || n > range.high) refuse(name, "an integer", range);
  }
  void operator()(const std::string& name, Buffer& buffer, Dtype dtype) override {
    if (!needs(name) && !saved_.contains(name.c_str())) return;
    const bool to_be_finite = is_finite(name);  // asks for numbers of the state, which may run Python code
    const py::array a = vector(name, dtype);
    if (to_be_finite && !table().all_finite[dtype](a.data(), vectors_.size()))
      throw py::value_error("state_dict['" + name + "']: expected finite numbers, got " + shown(a));
    vectors_.reserve(buffer);
    std::memcpy(buffer.get(), a.data(), vectors_.size() * item_size[dtype]);
  }

  py::array vector(const std::string& name) const { return vector(name, vectors_.dtype()); }

 private:
  py::object found(const std::string& name) const {
    if (!saved_.contains(name.c_str())) throw py::value_error("state_dict: expected an entry '" + name + "'");
    return saved_[name.c_str()];
  }

  /// Whether a descent cannot go on without that vector.
  bool needs(const std::string& name) const {
    if (name == "other gradient") return number<double>("lowest step") > 0 && number<long long>("lowest is last") == 0;
    if (name == "passed point" || name == "passed gradient") return number<double>("passed value") < infinite;
    if (name == "pair -1 d") return number<long long>("begun") == 1 && number<long long>("status") < 0;
    return true;
  }

  /// Whether a descent goes on with that vector: no trial was accepted that is not finite.
  bool is_finite(const std::string& name) const {
    if (name == "last gradient" || name == "other gradient") return false;
    if (name == "gradient") return needs("pair -1 d");
    return needs(name);
  }

  [[noreturn]] void refuse(const std::string& name, const char* what, const Range& range) const {
    std::ostringstream expected;
    expected.precision(15);
    expected << "state_dict['" << name << "']: expected " << what;
    if (range.high < infinite)
      expected << " from " << range.low << " to " << range.high;
    else if (range.low > -infinite)
      expected << " >= " << range.low;
    throw py::value_error(expected.str() + ", got " + shown(found(name)));
  }

  template <class T>
  T number(const std::string& name) const {
    const py::object given = found(name);
    try {
      return given.cast<T>();
    } catch (const py::cast_error&) {
      throw py::type_error("state_dict['" + name + "']: expected " +
                           (std::is_integral_v<T> ? "an integer" : "a number") + ", got " + shown(given));
    }
  }

  py::array vector(const std::string& name, Dtype dtype) const {
    const std::string what = "state_dict['" + name + "']";
    const py::array a = numeric(found(name), Label{what.c_str()});
    if (dtype_of(a) != dtype || a.ndim() != 1 || static_cast<std::size_t>(a.size()) != vectors_.size() ||
        !row_major(view_of(a)))
      throw py::value_error(what + ": expected " + (dtype == f32 ? "float32" : "float64") + " of shape (" +
                            std::to_string(vectors_.size()) + ",), got " + describe(a));
    return a;
  }

  py::dict saved_;
  Vectors vectors_;
  int memory_;
};

}  // namespace fastopt::bindings
