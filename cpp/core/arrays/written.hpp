// Arrays that are written: apart from each other, and from what is read.
#pragma once

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "view.hpp"

namespace fastopt {

/// Written arrays, sorted by address: answers whether another array shares memory with one of them.
class Written {
 public:
  Written() = default;
  explicit Written(const std::vector<Extent>& arrays);

  /// Two of them that share memory, the first one in memory first.
  std::optional<std::pair<std::size_t, std::size_t>> clash() const;

  /// The one that shares memory with `a`, where none of them clash.
  std::optional<std::size_t> touched_by(const View& a) const;

 private:
  struct Range {
    Extent extent;
    std::size_t array;
  };
  std::vector<Range> ranges_;
};

}  // namespace fastopt
