#include "view.hpp"

#include <algorithm>
#include <numeric>

namespace fastopt {
namespace {

bool aligned(const View& a) {
  auto bits = reinterpret_cast<std::uintptr_t>(a.data);
  for (int k = 0; k < a.rank; ++k) {
    if (a.shape[k] == 0) return true;
    if (a.shape[k] > 1) bits |= static_cast<std::uintptr_t>(a.strides[k]);
  }
  return bits % (a.dtype == f32 ? alignof(float) : alignof(double)) == 0;
}

}  // namespace

Flaw flaw_to_read(const View& a) {
  if (a.dtype == no_float) return Flaw::dtype;
  return aligned(a) ? Flaw::none : Flaw::unaligned;
}

Flaw flaw_to_update(const View& a) {
  if (const Flaw flaw = flaw_to_read(a); flaw != Flaw::none) return flaw;
  if (!a.writeable) return Flaw::read_only;
  return dense(a) ? Flaw::none : Flaw::gaps;
}

bool alike(const View& a, const View& b) {
  return a.dtype == b.dtype && a.rank == b.rank && std::equal(a.shape, a.shape + a.rank, b.shape);
}

bool same_order(const View& a, const View& b) {
  for (int k = 0; k < a.rank; ++k)
    if (a.strides[k] != b.strides[k] && a.shape[k] > 1) return a.size() == 0;
  return true;
}

bool dense(const View& a) {
  if (a.size() == 0) return true;
  std::ptrdiff_t expected = static_cast<std::ptrdiff_t>(a.item);
  const std::vector<int> axes = axes_in_memory(a);
  for (auto axis = axes.rbegin(); axis != axes.rend(); ++axis) {
    if (a.shape[*axis] == 1) continue;
    if (a.strides[*axis] != expected) return false;
    expected *= a.shape[*axis];
  }
  return true;
}

bool row_major(const View& a) {
  if (a.size() == 0) return true;
  std::ptrdiff_t expected = static_cast<std::ptrdiff_t>(a.item);
  for (int k = a.rank; k-- > 0; expected *= a.shape[k])
    if (a.shape[k] != 1 && a.strides[k] != expected) return false;
  return true;
}

std::vector<int> axes_in_memory(const View& a) {
  std::vector<int> axes(static_cast<std::size_t>(a.rank));
  std::iota(axes.begin(), axes.end(), 0);
  const auto stride = [&a](int k) { return a.strides[k] < 0 ? -a.strides[k] : a.strides[k]; };
  std::stable_sort(axes.begin(), axes.end(), [&](int i, int j) { return stride(i) > stride(j); });
  return axes;
}

std::vector<std::ptrdiff_t> dense_strides(const View& a) {
  std::vector<std::ptrdiff_t> strides(static_cast<std::size_t>(a.rank));
  std::vector<int> axes(strides.size());
  if (row_major(a))  // whatever the strides of axes are that have but one element
    std::iota(axes.begin(), axes.end(), 0);
  else
    axes = axes_in_memory(a);
  std::ptrdiff_t stride = static_cast<std::ptrdiff_t>(a.item);
  for (auto axis = axes.rbegin(); axis != axes.rend(); ++axis) {
    strides[static_cast<std::size_t>(*axis)] = stride;
    stride *= std::max<std::ptrdiff_t>(a.shape[*axis], 1);
  }
  return strides;
}

std::vector<std::size_t> indices(const View& a, std::size_t k) {
  std::vector<std::size_t> found(static_cast<std::size_t>(a.rank));
  auto offset = static_cast<std::ptrdiff_t>(k) * static_cast<std::ptrdiff_t>(a.item);
  for (const int axis : axes_in_memory(a)) {
    if (a.shape[axis] == 1) continue;
    found[static_cast<std::size_t>(axis)] = static_cast<std::size_t>(offset / a.strides[axis]);
    offset %= a.strides[axis];
  }
  return found;
}

Extent extent(const View& a) {
  auto begin = reinterpret_cast<std::uintptr_t>(a.data), end = begin;
  for (int k = 0; k < a.rank; ++k) {
    if (a.shape[k] == 0) return {begin, begin};
    const std::ptrdiff_t reach = (a.shape[k] - 1) * a.strides[k];
    (reach < 0 ? begin : end) += static_cast<std::uintptr_t>(reach);
  }
  return {begin, end + a.item};
}

bool overlap(const View& a, const View& b) {
  const Extent x = extent(a), y = extent(b);
  return std::max(x.begin, y.begin) < std::min(x.end, y.end);
}

}  // namespace fastopt
