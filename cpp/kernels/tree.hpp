// The one way in which lanes become one number, in every sum and maximum of the kernels.
#pragma once

namespace fastopt::FASTOPT_ISA {
namespace {

/// Lane l of those that are left when `left` of all `lanes` are: halves onto halves.
template <int left, int lanes, class T, class Op>
inline T halved(const T* lane, int l, const Op op) {
  if constexpr (left == lanes)
    return lane[l];
  else
    return op(halved<2 * left, lanes>(lane, l, op), halved<2 * left, lanes>(lane, l + left, op));
}

/// All lanes in one by `op`: l and l + lanes / 2, then l and l + lanes / 4, and so on. The upper levels at once, four
/// lanes wide, since a vector that goes through memory to be halved costs more than the sum.
template <int lanes, class T, class Op>
inline T tree(const T* lane, const Op op) {
  T four[4];
#pragma omp simd
  for (int l = 0; l < 4; ++l) four[l] = halved<4, lanes>(lane, l, op);
  return op(op(four[0], four[2]), op(four[1], four[3]));
}

}  // namespace
}  // namespace fastopt::FASTOPT_ISA
