#include "step.hpp"

#include <algorithm>
#include <atomic>

#include "dispatch.hpp"
#include "pool.hpp"
#include "threads.hpp"
#include "whole.hpp"

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

constexpr std::size_t survey_block = 4096;  // elements of one array whose sum is taken by itself

/// Elements of a piece in the order of their indices, in memory of its own.
class Rearranged {
 public:
  Piece block(const Piece& piece, std::size_t begin, std::size_t n) {
    return piece.dtype == f32 ? gathered<float>(piece, begin, n) : gathered<double>(piece, begin, n);
  }

 private:
  template <class T>
  Piece gathered(const Piece& piece, std::size_t begin, std::size_t n) {
    room_.resize((2 + max_slots) * survey_block * sizeof(double));
    T* free = reinterpret_cast<T*>(room_.data());
    const auto copy = [&](const void* from) -> void* {
      if (from == nullptr) return nullptr;
      piece.order->gather(static_cast<const T*>(from), begin, n, free);
      T* const copied = free;
      free += n;
      return copied;
    };
    Piece block{copy(piece.p), copy(piece.g), {}, n, piece.dtype};
    for (int k = 0; k < max_slots; ++k) block.s[k] = copy(piece.s[k]);
    return block;
  }

  std::vector<unsigned char> room_;
};

}  // namespace

/// The constants of a step, for each dtype; for each piece where the rule tells arrays apart.
class Work::Lanes {
 public:
  Lanes(std::size_t count) : more_(count > 2 ? count : 0) {}
  void* operator[](std::size_t k) { return more_.empty() ? few_[k].bytes : more_[k].bytes; }
  const void* operator[](std::size_t k) const { return more_.empty() ? few_[k].bytes : more_[k].bytes; }

 private:
  struct alignas(cache_line) Lane {
    unsigned char bytes[lane_bytes];
  };
  Lane few_[2];
  std::vector<Lane> more_;
};

/// A rule ready to run.
struct Work::Recipe {
  const Rule& rule;
  const Kernel* kernels[2];
  Lanes lanes;

  Recipe(const Rule& rule_, unsigned variant, Decay decay, std::size_t pieces)
      : rule(rule_),
        kernels{&rule.kernel(variant, decay, f32), &rule.kernel(variant, decay, f64)},
        lanes(rule.by_array() ? pieces : 2) {}
  const void* lane(std::size_t piece, Dtype dtype) const { return lanes[rule.by_array() ? piece : std::size_t{dtype}]; }
};

void Work::add(const Piece& piece) {
  pieces_.push_back(piece);
  before_.push_back(before_.back() + piece.n * item_size[piece.dtype]);
  blocks_.push_back(blocks_.back() + (piece.n + survey_block - 1) / survey_block);
  elements_ += piece.n;
  std::size_t streams = 3;  // p read and written, g read
  for (const void* s : piece.s) streams += s == nullptr ? 0 : 2;
  traffic_ += streams * piece.n * item_size[piece.dtype];
}

bool Work::large(const Rule& rule) const { return elements_ * (rule.wholes == nullptr ? 1 : 32) >= grain(); }

int Work::threads(const Rule& rule) const { return large(rule) ? num_threads() : 1; }

/// f(k, begin, end) for the elements of each piece k that are in a part of all.
template <class F>
void Work::share(int part, int parts, const F& f) const {
  const std::size_t total = before_.back();
  const auto edge = [&](int k) { return total / static_cast<std::size_t>(parts) * static_cast<std::size_t>(k); };
  const std::size_t first = edge(part), last = part + 1 == parts ? total : edge(part + 1);

  std::size_t k =
      static_cast<std::size_t>(std::upper_bound(before_.begin(), before_.end(), first) - before_.begin()) - 1;
  for (; k < pieces_.size() && before_[k] < last; ++k) {
    const Piece& piece = pieces_[k];
    const std::size_t begin = first <= before_[k] ? 0 : cut(piece, first - before_[k]);
    const std::size_t end = last >= before_[k + 1] ? piece.n : cut(piece, last - before_[k]);
    if (begin < end) f(k, begin, end);
  }
}

void Work::update(const Recipe& recipe, int part, int parts) const {
  share(part, parts, [&](std::size_t k, std::size_t begin, std::size_t end) {
    const Dtype dtype = pieces_[k].dtype;
    const Piece some = pieces_[k].from(begin);
    recipe.kernels[dtype]->block(recipe.lane(k, dtype), some.p, some.g, some.s, end - begin);
  });
}

std::size_t Work::first_wild() const {
  std::atomic<std::size_t> first{pieces_.size()};
  const int threads = elements_ >= grain() ? num_threads() : 1;
  const int parts = threads == 1 ? 1 : parts_for(before_.back(), threads);
  const auto look = [&](int part) {
    share(part, parts, [&](std::size_t k, std::size_t begin, std::size_t end) {
      const Dtype dtype = pieces_[k].dtype;
      std::size_t known = first;
      if (k >= known || table().all_finite[dtype](pieces_[k].from(begin).g, end - begin)) return;
      while (k < known && !first.compare_exchange_weak(known, k)) {
      }
    });
  };
  run_parts(look, parts, std::min(threads, parts), elements_ >= 256 * grain());
  return first;
}

void Work::gather(const std::vector<Foreign>& gradients) const {
  constexpr std::size_t block = 16384;  // elements
  std::vector<std::size_t> blocks{0};   // before each gradient
  std::size_t elements = 0;
  for (const Foreign& each : gradients) {
    blocks.push_back(blocks.back() + (each.n + block - 1) / block);
    elements += each.n;
  }
  const auto take = [&](int part) {
    const auto number = static_cast<std::size_t>(part);
    const auto k =
        static_cast<std::size_t>(std::upper_bound(blocks.begin(), blocks.end(), number) - blocks.begin()) - 1;
    const Foreign& each = gradients[k];
    const std::size_t begin = (number - blocks[k]) * block, n = std::min(block, each.n - begin);
    if (each.dtype == f32)
      each.order.gather(static_cast<const float*>(each.from), begin, n, static_cast<float*>(each.to) + begin);
    else
      each.order.gather(static_cast<const double*>(each.from), begin, n, static_cast<double*>(each.to) + begin);
  };
  const int parts = static_cast<int>(blocks.back());
  run_parts(take, parts, std::min(elements >= grain() ? num_threads() : 1, parts), elements >= 64 * grain());
}

/// The rule's sums over each piece: those of its blocks, added in their order, whatever threads took them.
std::vector<double> Work::sums(const Recipe& recipe) const {
  const auto each = static_cast<std::size_t>(recipe.rule.sums.size);
  const std::size_t blocks = blocks_.back();
  std::vector<double> of_blocks(blocks * each);
  const int threads = this->threads(recipe.rule);
  const std::size_t parts = std::min(blocks, static_cast<std::size_t>(threads) * 8);
  const auto take = [&](std::size_t part) {
    const std::size_t first = blocks * part / parts, last = blocks * (part + 1) / parts;
    std::size_t k = static_cast<std::size_t>(std::upper_bound(blocks_.begin(), blocks_.end(), first) - blocks_.begin());
    Rearranged rearranged;
    for (std::size_t block = first; block < last; ++block) {
      while (blocks_[k] <= block) ++k;
      const Piece& piece = pieces_[k - 1];
      const std::size_t begin = (block - blocks_[k - 1]) * survey_block;
      const std::size_t n = std::min(survey_block, piece.n - begin);
      const Piece some = piece.order == nullptr ? piece.from(begin) : rearranged.block(piece, begin, n);
      recipe.kernels[piece.dtype]->survey(recipe.lane(k - 1, piece.dtype), some.p, some.g, some.s, n,
                                          &of_blocks[block * each]);
    }
  };
  run_parts([&](int part) { take(static_cast<std::size_t>(part)); }, static_cast<int>(parts),
            std::min(threads, static_cast<int>(parts)), traffic_ >= 256 * grain());

  std::vector<double> of_pieces(pieces_.size() * each);
  for (std::size_t k = 0; k < pieces_.size(); ++k)
    for (std::size_t block = blocks_[k]; block < blocks_[k + 1]; ++block)
      for (std::size_t i = 0; i < each; ++i) of_pieces[k * each + i] += of_blocks[block * each + i];
  return of_pieces;
}

void Work::run(const Formula& formula, const Hyper& hyper, std::int64_t step, double* scalars) const {
  const Rule& rule = table().rule(formula.rule);
  const bool decoupled = rule.decays == Decays::decoupled || formula.decoupled;
  const Decay decay = hyper.weight_decay == 0 || rule.decays == Decays::own ? Decay::none
                      : decoupled                                           ? Decay::decoupled
                                                                            : Decay::l2;
  if (rule.wholes != nullptr) {
    const Step now{static_cast<double>(step), static_cast<double>(elements_), nullptr, nullptr, nullptr};
    return update_wholes(pieces_, rule, hyper, now, decay);
  }
  Recipe recipe(rule, formula.variant, decay, pieces_.size());

  const bool by_array = rule.by_array();
  const std::size_t scopes = by_array ? pieces_.size() : 1;
  const auto kept = static_cast<std::size_t>(rule.scalars.size), summed = static_cast<std::size_t>(rule.sums.size);
  const auto prepare = [&](std::size_t k, const Step& now) {
    if (by_array) return recipe.kernels[pieces_[k].dtype]->prepare(recipe.lanes[k], hyper, now);
    for (Dtype dtype : {f32, f64}) recipe.kernels[dtype]->prepare(recipe.lanes[dtype], hyper, now);
  };
  const auto now = [&](std::size_t k, const double* after, const double* sums) {
    const std::size_t elements = by_array ? pieces_[k].n : elements_;
    return Step{static_cast<double>(step), static_cast<double>(elements), scalars + k * kept, after, sums};
  };

  std::vector<double> sums, after(scalars, scalars + scopes * kept);
  if (summed > 0) {
    for (std::size_t k = 0; k < scopes; ++k) prepare(k, now(k, after.data() + k * kept, nullptr));
    sums = this->sums(recipe);
    if (!by_array)
      for (std::size_t k = 1; k < pieces_.size(); ++k)
        for (std::size_t i = 0; i < summed; ++i) sums[i] += sums[k * summed + i];
  }
  for (std::size_t k = 0; k < scopes; ++k) {
    const Step step_now = now(k, after.data() + k * kept, sums.data() + k * summed);
    if (rule.settle != nullptr) rule.settle(hyper, step_now, after.data() + k * kept);
    prepare(k, step_now);
  }

  const int threads = this->threads(rule);
  const int parts = threads == 1 ? 1 : parts_for(before_.back(), threads);
  if (parts == 1)
    update(recipe, 0, 1);
  else
    run_parts([&](int part) { update(recipe, part, parts); }, parts, std::min(threads, parts),
              traffic_ >= 256 * grain());
  std::copy(after.begin(), after.end(), scalars);
}

}  // namespace fastopt
