#include "written.hpp"

#include <algorithm>

namespace fastopt {

Written::Written(const std::vector<Extent>& arrays) {
  for (std::size_t k = 0; k < arrays.size(); ++k)
    if (arrays[k].begin != arrays[k].end) ranges_.push_back({arrays[k], k});
  std::sort(ranges_.begin(), ranges_.end(),
            [](const Range& a, const Range& b) { return a.extent.begin < b.extent.begin; });
}

std::optional<std::pair<std::size_t, std::size_t>> Written::clash() const {
  for (std::size_t k = 1; k < ranges_.size(); ++k)
    if (ranges_[k].extent.begin < ranges_[k - 1].extent.end) return {{ranges_[k - 1].array, ranges_[k].array}};
  return {};
}

std::optional<std::size_t> Written::touched_by(const View& a) const {
  const Extent mine = extent(a);
  if (mine.begin == mine.end) return {};
  // Ranges are disjoint and sorted: of those that begin before `a` ends, only the last can reach into it.
  auto after =
      std::lower_bound(ranges_.begin(), ranges_.end(), mine.end,
                       [](const Range& range, std::uintptr_t address) { return range.extent.begin < address; });
  if (after == ranges_.begin() || (--after)->extent.end <= mine.begin) return {};
  return after->array;
}

}  // namespace fastopt
