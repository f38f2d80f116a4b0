#include "settings.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

namespace fastopt::bindings {
namespace {

/// Elements of one point.
py::ssize_t width(const py::array& starts) { return starts.shape(starts.ndim() - 1); }

template <class T>
const char* wanted() {
  if constexpr (std::is_same_v<T, std::string>) return "a string";
  if constexpr (std::is_same_v<T, int>) return "an integer of 32 bits";
  return std::is_integral_v<T> ? "an integer of 64 bits" : "a number";
}

}  // namespace

/// Keyword arguments, each of which is taken once.
class Settings::Keywords {
 public:
  explicit Keywords(const py::kwargs& given) : left_(given.attr("copy")()) {}

  /// What was given as `name`, else `otherwise`.
  py::object take(const char* name, const py::object& otherwise) { return left_.attr("pop")(name, otherwise); }

  template <class T>
  T take(const char* name) {
    if (!left_.contains(name)) throw py::type_error(std::string(name) + ": expected " + wanted<T>() + ", got none");
    const py::object value = take(name, py::none());
    try {
      return value.cast<T>();
    } catch (const py::cast_error&) {
      throw py::type_error(std::string(name) + ": expected " + wanted<T>() + ", got " + shown(value));
    }
  }

  /// How pairs are stored.
  Dtype stored(Dtype dtype) {
    const auto name = take<std::string>("history_dtype");
    if (name != "float32" && (name != "float64" || dtype == f32))
      throw py::value_error(std::string("history_dtype: expected 'float32'") +
                            (dtype == f32 ? " for float32 points" : " or 'float64'") + ", got '" + name + "'");
    return name == "float32" ? f32 : f64;
  }

  /// What is kept of the curvature.
  Curvature curvature() {
    const auto name = take<std::string>("curvature");
    if (name != "pairs" && name != "matrix")
      throw py::value_error("curvature: expected 'pairs' or 'matrix', got '" + name + "'");
    return name == "pairs" ? Curvature::pairs : Curvature::matrix;
  }

  void expect_no_more() const {
    for (const auto& item : left_)
      throw py::type_error(std::string(py::str(item.first)) + ": there is no such argument");
  }

 private:
  py::dict left_;
};

Spread::Spread(py::handle given, const py::array& starts, const Vectors& vectors, const Label& label) {
  if (given.is_none()) return;
  if (py::isinstance<py::float_>(given)) {
    vectors.reserve(copy_);
    const auto fill = [&](auto* to, double value) {
      std::fill_n(to, vectors.size(), static_cast<std::remove_pointer_t<decltype(to)>>(value));
    };
    const auto value = given.cast<double>();
    vectors.dtype() == f32 ? fill(reinterpret_cast<float*>(copy_.get()), value)
                           : fill(reinterpret_cast<double*>(copy_.get()), value);
    return;
  }
  const py::array a = numeric(given, label);
  const bool one = a.ndim() == 1 && a.shape(0) == width(starts);
  const bool each = a.ndim() == starts.ndim() && std::equal(a.shape(), a.shape() + a.ndim(), starts.shape());
  if (a.dtype().not_equal(starts.dtype()) || !(one || each) || !row_major(view_of(a))) {
    const std::string many = starts.ndim() > 1 ? " or of that of one row" : "";
    throw py::value_error(label.text() + ": expected " + describe(starts) + many + ", dense, got " + describe(a));
  }
  Vectors(static_cast<std::size_t>(a.size()), vectors.dtype(), vectors.dtype()).reserve(copy_);
  std::memcpy(copy_.get(), a.data(), static_cast<std::size_t>(a.nbytes()));
  if (!one) stride_ = vectors.bytes();
}

bool Spread::any(std::size_t row, const Vectors& vectors) const {
  if (!copy_) return false;
  const auto some = [n = vectors.size()](const auto* numbers) {
    return std::any_of(numbers, numbers + n, [](auto number) { return number != 0; });
  };
  const void* numbers = (*this)[row];
  return vectors.dtype() == f32 ? some(static_cast<const float*>(numbers)) : some(static_cast<const double*>(numbers));
}

Settings::Settings(const py::array& starts, const py::kwargs& given) : Settings(starts, Keywords(given)) {}

Settings::Settings(const py::array& starts, Keywords&& given)
    : vectors_(static_cast<std::size_t>(width(starts)), dtype_of(starts), given.stored(dtype_of(starts))),
      curvature_(given.curvature()),
      memory_(given.take<int>("memory")),
      limits_{given.take<double>("gtol"), given.take<bool>("relative"),        given.take<double>("ftol"),
              given.take<double>("xtol"), given.take<long long>("iterations"), given.take<long long>("evaluations")},
      l1_(given.take("l1", py::none()), starts, vectors_, Label{"l1"}),
      lower_(given.take("lower", py::none()), starts, vectors_, Label{"lower"}),
      upper_(given.take("upper", py::none()), starts, vectors_, Label{"upper"}) {
  search_.c1 = given.take<double>("c1");
  search_.c2 = given.take<double>("c2");
  search_.max_evaluations = given.take<int>("trials");
  search_.rounding = given.take<double>("rounding");
  given.expect_no_more();
  if (static_cast<bool>(lower_) != static_cast<bool>(upper_))
    throw py::value_error("lower, upper: expected both or none, got one");
}

Driver Settings::driver(std::size_t row) const {
  Request request{curvature_, memory_, nullptr, nullptr, nullptr};
  if (l1_.any(row, vectors_)) request.l1 = l1_[row];  // without a weight there are no orthants to heed
  if (lower_) {
    request.lower = lower_[row];
    request.upper = upper_[row];
  }
  return build(vectors_, request, limits_, search_);
}

const py::array& judged_starts(const py::array& starts, py::ssize_t ndim, const Label& label) {
  numeric(starts, label);
  if (starts.ndim() != ndim || !row_major(view_of(starts)))
    throw py::value_error(label.text() + ": expected " + std::to_string(ndim) + " dimension" + (ndim > 1 ? "s" : "") +
                          ", dense, got " + describe(starts));
  return starts;
}

}  // namespace fastopt::bindings
