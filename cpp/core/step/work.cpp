#include "work.hpp"

#include <algorithm>

#include "../dispatch.hpp"
#include "../pool.hpp"
#include "../threads.hpp"
#include "survey.hpp"
#include "whole.hpp"

namespace fastopt {
namespace {

constexpr std::size_t cache_line = 64;
constexpr std::size_t room_bytes = 32768;  // for a part of a foreign gradient, to be read from the cache

/// The element of `piece` at which a share ends that wants `bytes` of it: the next start of a cache line of p,
/// so that no two threads write to the same line.
std::size_t cut(const Piece& piece, std::size_t bytes) {
  const std::size_t size = item_size[piece.dtype];
  const std::size_t past = (reinterpret_cast<std::uintptr_t>(piece.p) + bytes) % cache_line;
  const std::size_t whole = past == 0 ? bytes : bytes + cache_line - past;
  return std::min(piece.n, whole / size);
}

/// Parts for a step over `bytes` of parameters: several for each thread, so that one that comes late or is
/// held up takes fewer, none so small that claiming it would show.
int parts_for(std::size_t bytes, int threads) {
  constexpr std::size_t most = std::size_t{1} << 20;
  const std::size_t least = std::clamp(grain(), cache_line, most);  // a byte for each element of the grain
  const std::size_t size = std::clamp(bytes / (static_cast<std::size_t>(threads) * 8), least, most);
  return static_cast<int>(std::max<std::size_t>(1, bytes / size));
}

/// Update elements `begin` to `end - 1` of piece `k`.
void update_range(const Recipe& recipe, std::size_t k, const Piece& piece, std::size_t begin, std::size_t end) {
  if (piece.foreign == nullptr) return recipe.update(k, piece.from(begin), end - begin);
  alignas(cache_line) char room[room_bytes];
  for (std::size_t n; begin < end; begin += n) {
    n = std::min(room_bytes / item_size[piece.dtype], end - begin);
    Piece some = piece.from(begin);
    some.g = piece.gradient(begin, n, room);
    recipe.update(k, some, n);
  }
}

}  // namespace

void Work::add(const Piece& piece) {
  pieces_.push_back(piece);
  before_.push_back(before_.back() + piece.n * item_size[piece.dtype]);
  elements_ += piece.n;
  std::size_t streams = 3;  // p read and written, g read
  for (const void* s : piece.s) streams += s == nullptr ? 0 : 2;
  traffic_ += streams * piece.n * item_size[piece.dtype];
}

bool Work::large(const Rule& rule) const { return elements_ * (rule.wholes == nullptr ? 1 : 32) >= grain(); }

void Work::update(const Recipe& recipe, int part, int parts) const {
  const std::size_t total = before_.back();
  const auto edge = [&](int k) { return total / static_cast<std::size_t>(parts) * static_cast<std::size_t>(k); };
  const std::size_t first = edge(part), last = part + 1 == parts ? total : edge(part + 1);

  std::size_t k =
      static_cast<std::size_t>(std::upper_bound(before_.begin(), before_.end(), first) - before_.begin()) - 1;
  for (; k < pieces_.size() && before_[k] < last; ++k) {
    const Piece& piece = pieces_[k];
    const std::size_t begin = first <= before_[k] ? 0 : cut(piece, first - before_[k]);
    const std::size_t end = last >= before_[k + 1] ? piece.n : cut(piece, last - before_[k]);
    if (begin < end) update_range(recipe, k, piece, begin, end);
  }
}

std::size_t Work::run(const Formula& formula, const Hyper& hyper, std::int64_t step, double* scalars,
                      bool check_finite) const {
  const Rule& rule = table().rule(formula.rule);
  const int threads = large(rule) ? num_threads() : 1;
  const bool wake = traffic_ >= 256 * grain();
  if (rule.wholes != nullptr) {
    if (check_finite)
      if (const Survey found = survey(pieces_, nullptr, true, threads, wake); found.wild < pieces_.size())
        return found.wild;
    const Step now{static_cast<double>(step), static_cast<double>(elements_), nullptr, nullptr, nullptr};
    update_wholes(pieces_, rule, hyper, now, decay_of(rule, formula, hyper));
    return pieces_.size();
  }

  Recipe recipe(rule, formula, hyper, step, pieces_, elements_, scalars);
  Survey found{{}, pieces_.size()};
  if (check_finite || recipe.sums() > 0) found = survey(pieces_, &recipe, check_finite, threads, wake);
  if (found.wild < pieces_.size()) return found.wild;
  recipe.settle(std::move(found.sums));

  const int parts = threads == 1 ? 1 : parts_for(before_.back(), threads);
  if (parts == 1)
    update(recipe, 0, 1);
  else
    run_parts([&](int part) { update(recipe, part, parts); }, parts, std::min(threads, parts), wake);
  std::copy(recipe.scalars().begin(), recipe.scalars().end(), scalars);
  return pieces_.size();
}

}  // namespace fastopt
