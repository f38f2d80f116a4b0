// How a descent under way is saved and loaded: it shows every field to an archive, which reads or writes it.
#pragma once

#include <string>

#include "vectors.hpp"

namespace fastopt {

class Archive {
 public:
  virtual ~Archive() = default;
  virtual void operator()(const std::string& name, double& value) = 0;
  virtual void operator()(const std::string& name, long long& value) = 0;
  /// A vector, or a buffer that is empty.
  virtual void operator()(const std::string& name, Buffer& buffer, Dtype dtype) = 0;

  /// Smaller integers and enumerations.
  template <class T>
  void operator()(const std::string& name, T& value) {
    auto whole = static_cast<long long>(value);
    (*this)(name, whole);
    value = static_cast<T>(whole);
  }
};

}  // namespace fastopt
