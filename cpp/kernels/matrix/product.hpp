// Products of matrices, in an order that depends on nothing but their shapes.
//
// An element of A B is a sum over k: blocks of 256 products are added in their order, each block by itself, and then
// the blocks. So neither the width of the vectors nor the cut among threads can change a bit, and plain NumPy can do
// the same. Multiplications and additions round by themselves, as everywhere.
#pragma once

#include "../whole.hpp"

namespace fastopt::FASTOPT_ISA {
namespace {

/// The longer one of two sides.
inline std::size_t longer(std::size_t a, std::size_t b) { return a > b ? a : b; }

inline std::size_t shorter(std::size_t a, std::size_t b) { return a < b ? a : b; }

/// A matrix that is only read: element (i, j) lies at `i * down + j * along`.
template <class T>
struct Matrix {
  const T* at;
  std::size_t rows, columns, down, along;

  Matrix(const T* at_, std::size_t rows_, std::size_t columns_) : Matrix(at_, rows_, columns_, columns_, 1) {}
  Matrix(const T* at_, std::size_t rows_, std::size_t columns_, std::size_t down_, std::size_t along_)
      : at(at_), rows(rows_), columns(columns_), down(down_), along(along_) {}
  Matrix transposed() const { return {at, columns, rows, along, down}; }
  T operator()(std::size_t i, std::size_t j) const { return at[i * down + j * along]; }
};

#if defined(__AVX512F__)
constexpr std::size_t vector_bytes = 64, tile_height = 12;
#elif defined(__AVX__)
constexpr std::size_t vector_bytes = 32, tile_height = 6;
#else
constexpr std::size_t vector_bytes = 16, tile_height = 4;
#endif

/// A corner of the result that fits the registers, two vectors wide.
template <class T>
struct Tile {
  typedef T Vector __attribute__((vector_size(vector_bytes), may_alias));
  static constexpr std::size_t height = tile_height, lanes = vector_bytes / sizeof(T), width = 2 * lanes;

  Vector sum[height][2];

  /// The sums over `depth` products. `a` has `height`, and `b` has `width` numbers for each.
  [[gnu::always_inline]] Tile(const T* a, const T* b, std::size_t depth) : sum{} {
    const Vector* right = reinterpret_cast<const Vector*>(b);
    for (std::size_t k = 0; k < depth; ++k, a += height, right += 2) {
      const Vector first = right[0], second = right[1];
      for (std::size_t i = 0; i < height; ++i) {
        sum[i][0] += first * a[i];
        sum[i][1] += second * a[i];
      }
    }
  }
};

/// Products, with room for the factors: cut into strips as high and as wide as a tile, filled up with zeros.
template <class T>
class Products {
 public:
  /// For factors that have, lying or upright, no more than these rows and columns.
  Products(Room& room, std::size_t rows, std::size_t columns)
      : left_(room.of<T>(filled(rows) * filled(columns))), right_(room.of<T>(filled(rows) * filled(columns))) {}

  /// out = a b, in C order. If it is known to be symmetric, its upper triangle is computed, and mirrored.
  void operator()(const Team& team, T* out, const Matrix<T>& a, const Matrix<T>& b, bool symmetric = false) const {
    const std::size_t strips = up(a.rows, height) / height, bands = up(b.columns, width) / width;
    share(team, strips + bands, [&](std::size_t k) {
      if (k < strips)
        pack<height>(a, k * height, left_ + k * height * a.columns);
      else
        pack<width>(b.transposed(), (k - strips) * width, right_ + (k - strips) * width * a.columns);
    });
    constexpr std::size_t high = 8, wide = 8;  // tiles in one part of the work
    const std::size_t down = (strips + high - 1) / high, across = (bands + wide - 1) / wide;
    share(team, down * across, [&](std::size_t part) {
      const std::size_t top = part / across * high, left = part % across * wide;
      for (std::size_t first = 0; first == 0 || first < a.columns; first += depth)
        for (std::size_t band = left; band < bands && band < left + wide; ++band)
          for (std::size_t strip = top; strip < strips && strip < top + high; ++strip)
            if (!symmetric || strip * height < (band + 1) * width) corner(out, a, b, strip, band, first);
    });
    if (symmetric)
      share_blocks(team, a.rows, 64, [&](std::size_t first, std::size_t last) {
        for (std::size_t i = first; i < last; ++i)
          for (std::size_t j = 0; j < i; ++j) out[i * a.rows + j] = out[j * a.rows + i];
      });
  }

 private:
  static constexpr std::size_t height = Tile<T>::height, width = Tile<T>::width, depth = 256;
  static std::size_t up(std::size_t n, std::size_t to) { return (n + to - 1) / to * to; }
  static std::size_t filled(std::size_t n) { return longer(up(n, height), up(n, width)); }

  /// Rows `first` to `first + size - 1` of a matrix, column by column. What is so small that its square would be
  /// denormal counts as 0: so no product is denormal.
  template <std::size_t size>
  static void pack(const Matrix<T>& a, std::size_t first, T* to) {
    const Square<T> square(1);
    for (std::size_t i = 0; i < size; ++i)
      for (std::size_t k = 0; k < a.columns; ++k)
        to[k * size + i] = first + i < a.rows ? square.felt(a(first + i, k)) : T(0);
  }

  /// Add to one tile the sums of the block of products that begins at `first`.
  void corner(T* out, const Matrix<T>& a, const Matrix<T>& b, std::size_t strip, std::size_t band,
              std::size_t first) const {
    const std::size_t row = strip * height, column = band * width;
    const std::size_t some = shorter(a.columns - first, depth);
    const Tile<T> tile(left_ + row * a.columns + first * height, right_ + column * a.columns + first * width, some);
    const std::size_t rows = shorter(a.rows - row, height);
    const std::size_t columns = shorter(b.columns - column, width);
    for (std::size_t i = 0; i < rows; ++i) {
      T* const to = out + (row + i) * b.columns + column;
      const T* const sums = reinterpret_cast<const T*>(tile.sum[i]);
      for (std::size_t j = 0; j < columns; ++j) to[j] = first == 0 ? sums[j] : to[j] + sums[j];
    }
  }

  T *left_, *right_;
};

}  // namespace
}  // namespace fastopt::FASTOPT_ISA
