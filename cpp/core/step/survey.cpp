#include "survey.hpp"

#include <algorithm>

#include "../dispatch.hpp"
#include "../pool.hpp"

namespace fastopt {
namespace {

constexpr std::size_t block_size = 4096;  // elements of one array whose sums are taken by themselves

/// Elements of a piece by their indices. What lies in memory in another order is copied.
class ByIndex {
 public:
  Piece block(const Piece& piece, std::size_t begin, std::size_t n) {
    Piece some = piece.from(begin);
    char* free = room(piece);
    const auto rearrange = [&](const Order& order, const void* from) {
      order.gather(piece.dtype, from, begin, n, free);
      free += n * item_size[piece.dtype];
      return static_cast<void*>(free - n * item_size[piece.dtype]);
    };
    if (piece.order != nullptr) {
      some.p = rearrange(*piece.order, piece.p);
      for (int k = 0; k < max_slots; ++k)
        if (piece.s[k] != nullptr) some.s[k] = rearrange(*piece.order, piece.s[k]);
    }
    if (piece.foreign != nullptr)
      some.g = rearrange(piece.foreign->by_index, piece.g);
    else if (piece.order != nullptr)
      some.g = rearrange(*piece.order, piece.g);
    return some;
  }

 private:
  char* room(const Piece& piece) {
    if (piece.order != nullptr || piece.foreign != nullptr) room_.resize((2 + max_slots) * block_size);
    return reinterpret_cast<char*>(room_.data());
  }

  std::vector<double> room_;
};

/// The blocks of all pieces, one after another.
class Blocks {
 public:
  explicit Blocks(const std::vector<Piece>& pieces) : before_(pieces.size() + 1) {
    for (std::size_t k = 0; k < pieces.size(); ++k)
      before_[k + 1] = before_[k] + (pieces[k].n + block_size - 1) / block_size;
  }
  std::size_t count() const { return before_.back(); }
  std::size_t first_of(std::size_t piece) const { return before_[piece]; }
  std::size_t piece_of(std::size_t block) const {
    return static_cast<std::size_t>(std::upper_bound(before_.begin(), before_.end(), block) - before_.begin()) - 1;
  }

 private:
  std::vector<std::size_t> before_;  // before_[k]: blocks of pieces 0..k-1
};

bool finite(const Piece& piece, std::size_t begin, std::size_t n, void* room) {
  return table().all_finite[piece.dtype](piece.gradient(begin, n, room), n);
}

}  // namespace

Survey survey(const std::vector<Piece>& pieces, const Recipe* recipe, bool check_finite, int threads, bool wake) {
  const Blocks blocks(pieces);
  const std::size_t each = recipe == nullptr ? 0 : recipe->sums();
  const std::size_t parts = std::min(blocks.count(), static_cast<std::size_t>(threads) * 8);
  std::vector<double> of_blocks(blocks.count() * each);
  std::vector<std::size_t> wild(parts, pieces.size());
  const auto take = [&](int number) {
    const auto part = static_cast<std::size_t>(number);
    const std::size_t first = blocks.count() * part / parts, last = blocks.count() * (part + 1) / parts;
    ByIndex by_index;
    alignas(64) char room[block_size * sizeof(double)];
    std::size_t k = blocks.piece_of(first);
    for (std::size_t block = first; block < last; ++block) {
      while (blocks.first_of(k + 1) <= block) ++k;
      const std::size_t begin = (block - blocks.first_of(k)) * block_size;
      const std::size_t n = std::min(block_size, pieces[k].n - begin);
      if (check_finite && !finite(pieces[k], begin, n, room)) {
        wild[part] = k;
        return;
      }
      if (each > 0) recipe->survey(k, by_index.block(pieces[k], begin, n), n, &of_blocks[block * each]);
    }
  };
  run_parts(take, static_cast<int>(parts), std::min(threads, static_cast<int>(parts)), wake);

  std::vector<double> sums(pieces.size() * each);
  for (std::size_t k = 0; k < pieces.size() && each > 0; ++k)
    for (std::size_t block = blocks.first_of(k); block < blocks.first_of(k + 1); ++block)
      for (std::size_t i = 0; i < each; ++i) sums[k * each + i] += of_blocks[block * each + i];
  return {std::move(sums), wild.empty() ? pieces.size() : *std::min_element(wild.begin(), wild.end())};
}

}  // namespace fastopt
