// An array that is updated step by step.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "view.hpp"

namespace fastopt {

/// What an array was like when it was judged.
class Bound {
 public:
  explicit Bound(const View& a)
      : view_(a), shape_(a.shape, a.shape + a.rank), strides_(a.strides, a.strides + a.rank) {}

  View view() const {
    View view = view_;
    view.shape = shape_.data();
    view.strides = strides_.data();
    return view;
  }

  /// Whether it can still be written, and is what it was.
  Flaw flaw_of(const View& now) const {
    if (!now.writeable) return Flaw::read_only;
    const bool same =
        now.data == view_.data && alike(now, view()) && std::equal(strides_.begin(), strides_.end(), now.strides);
    return same ? Flaw::none : Flaw::changed;
  }

 private:
  View view_;  // but for shape and strides
  std::vector<std::ptrdiff_t> shape_, strides_;
};

}  // namespace fastopt
