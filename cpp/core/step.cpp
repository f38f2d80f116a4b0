#include "step.hpp"

#include <algorithm>

#include "dispatch.hpp"
#include "pool.hpp"
#include "threads.hpp"

namespace fastopt {
namespace {

constexpr std::size_t cache_line = 64;

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

}  // namespace

void Work::add(const Piece& piece) {
  pieces_.push_back(piece);
  before_.push_back(before_.back() + piece.n * item_size[piece.dtype]);
  elements_ += piece.n;
  std::size_t streams = 3;  // p read and written, g read
  for (const void* s : piece.s) streams += s == nullptr ? 0 : 2;
  traffic_ += streams * piece.n * item_size[piece.dtype];
}

bool Work::large() const { return elements_ >= grain(); }

void Work::share(const Kernels& kernels, const void* const* lanes, int part, int parts) const {
  const std::size_t total = before_.back();
  const auto edge = [&](int k) { return total / static_cast<std::size_t>(parts) * static_cast<std::size_t>(k); };
  const std::size_t first = edge(part), last = part + 1 == parts ? total : edge(part + 1);

  std::size_t k =
      static_cast<std::size_t>(std::upper_bound(before_.begin(), before_.end(), first) - before_.begin()) - 1;
  for (; k < pieces_.size() && before_[k] < last; ++k) {
    const Piece& piece = pieces_[k];
    const std::size_t begin = first <= before_[k] ? 0 : cut(piece, first - before_[k]);
    const std::size_t end = last >= before_[k + 1] ? piece.n : cut(piece, last - before_[k]);
    if (begin >= end) continue;
    const std::size_t offset = begin * item_size[piece.dtype];
    void* s[max_slots];
    for (int i = 0; i < max_slots; ++i)
      s[i] = piece.s[i] == nullptr ? nullptr : static_cast<char*>(piece.s[i]) + offset;
    kernels[piece.dtype]->block(lanes[piece.dtype], static_cast<char*>(piece.p) + offset,
                                static_cast<const char*>(piece.g) + offset, s, end - begin);
  }
}

void Work::run(const Formula& formula, const double* hyper, std::int64_t step) const {
  const Table& active = table();
  const Rule& rule = (formula.probe ? active.probes : active.rules).data[formula.rule];
  const bool decay = rule.adds_decay && hyper[rule.hyper.size - 1] != 0;

  alignas(cache_line) unsigned char lane[2][lane_bytes];
  const void* const lanes[2] = {lane[f32], lane[f64]};
  const Kernels kernels = {&rule.kernel(formula.variant, decay, f32), &rule.kernel(formula.variant, decay, f64)};
  for (Dtype dtype : {f32, f64})
    kernels[dtype]->prepare(lane[dtype], hyper, static_cast<double>(step), formula.maximize);

  const int threads = large() ? num_threads() : 1;
  if (threads == 1) return share(kernels, lanes, 0, 1);
  const int parts = parts_for(before_.back(), threads);
  const auto task = [&](int part) { share(kernels, lanes, part, parts); };
  run_parts([](const void* context, int part) { (*static_cast<decltype(task)*>(context))(part); }, &task, parts,
            std::min(threads, parts), traffic_ >= 256 * grain());
}

}  // namespace fastopt
