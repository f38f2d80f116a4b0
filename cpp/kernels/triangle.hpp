// A symmetric matrix of which one triangle is stored, updated and multiplied in the same pass.
//
// Rows are cut into strips of 4 and columns into eights: tile k of a strip is its columns 8 k to 8 k + 7, row by
// row. The strips of rows 8 q to 8 q + 7 have tiles 0 to q, so the last, on the diagonal, is there from both
// sides; all others stand for their mirror image too. Four rows at a time, because the vectors along a strip then
// cost less than the matrix; the tiles of a strip lie one after another, so memory is read in order.
#pragma once

#include "arith.hpp"
#include "tree.hpp"

namespace fastopt::FASTOPT_ISA {
namespace {

constexpr std::size_t strip_rows = 4, tile_columns = 8, tile_size = strip_rows * tile_columns;

/// Columns taken at a time, so that the six vectors along them stay in the first cache.
constexpr std::size_t tiles_at_a_time = 64;

/// The products of the rows of a strip, in 8 lanes each, whatever the width of the vectors.
struct StripSums {
  alignas(64) double x[strip_rows][tile_columns] = {};
  alignas(64) double y[strip_rows][tile_columns] = {};
};

/// Tiles `first` to `last - 1` of the strip that begins at `row`. Mirrored, if they stand for the other triangle too.
template <bool mirrored>
[[gnu::always_inline]] inline void strip_tiles(const Triangle& a, std::size_t row, double* __restrict strip,
                                               std::size_t first, std::size_t last, StripSums& sums,
                                               double* __restrict hx, double* __restrict hy) {
  const double* __restrict s = a.s;
  const double* __restrict w = a.w;
  const double* __restrict x = a.x;
  const double* __restrict y = a.y;
  const double s0 = s[row], s1 = s[row + 1], s2 = s[row + 2], s3 = s[row + 3];
  const double w0 = w[row], w1 = w[row + 1], w2 = w[row + 2], w3 = w[row + 3];
  const double x0 = x[row], x1 = x[row + 1], x2 = x[row + 2], x3 = x[row + 3];
  const double y0 = y[row], y1 = y[row + 1], y2 = y[row + 2], y3 = y[row + 3];
  for (std::size_t k = first; k < last; ++k) {
    double* __restrict tile = strip + k * tile_size;
    const std::size_t column = k * tile_columns;
#pragma omp simd
    for (std::size_t l = 0; l < tile_columns; ++l) {
      const std::size_t j = column + l;
      const double h0 = tile[l] + (s0 * w[j] + w0 * s[j]);
      const double h1 = tile[8 + l] + (s1 * w[j] + w1 * s[j]);
      const double h2 = tile[16 + l] + (s2 * w[j] + w2 * s[j]);
      const double h3 = tile[24 + l] + (s3 * w[j] + w3 * s[j]);
      tile[l] = h0;
      tile[8 + l] = h1;
      tile[16 + l] = h2;
      tile[24 + l] = h3;
      sums.x[0][l] += h0 * x[j];
      sums.x[1][l] += h1 * x[j];
      sums.x[2][l] += h2 * x[j];
      sums.x[3][l] += h3 * x[j];
      sums.y[0][l] += h0 * y[j];
      sums.y[1][l] += h1 * y[j];
      sums.y[2][l] += h2 * y[j];
      sums.y[3][l] += h3 * y[j];
      if constexpr (mirrored) {
        hx[j] += (h0 * x0 + h1 * x1) + (h2 * x2 + h3 * x3);
        hy[j] += (h0 * y0 + h1 * y1) + (h2 * y2 + h3 * y3);
      }
    }
  }
}

/// H += s w' + w s' in the rows of eights `first` to `last - 1`; to hx and hy is added what these rows and their
/// mirror image give to H x and H y.
void add_multiply(const Triangle& a, std::size_t first, std::size_t last, double* hx, double* hy) {
  const auto add = [](double one, double other) { return one + other; };
  for (std::size_t begin = 0; begin < last; begin += tiles_at_a_time) {
    for (std::size_t q = first > begin ? first : begin; q < last; ++q) {
      const bool diagonal = q < begin + tiles_at_a_time;
      const std::size_t end = diagonal ? q : begin + tiles_at_a_time;
      for (std::size_t half = 0; half < 2; ++half) {
        const std::size_t row = q * tile_columns + half * strip_rows;
        double* strip = a.h + (q * (q + 1) + half * (q + 1)) * tile_size;
        StripSums sums;
        strip_tiles<true>(a, row, strip, begin, end, sums, hx, hy);
        if (diagonal) strip_tiles<false>(a, row, strip, q, q + 1, sums, hx, hy);
        for (std::size_t r = 0; r < strip_rows; ++r) {
          hx[row + r] += tree<8>(sums.x[r], add);
          hy[row + r] += tree<8>(sums.y[r], add);
        }
      }
    }
  }
}

}  // namespace
}  // namespace fastopt::FASTOPT_ISA
