#include "whole.hpp"

#include <algorithm>
#include <memory>
#include <new>

#include "../pool.hpp"
#include "../threads.hpp"

namespace fastopt {
namespace {

constexpr std::size_t cache_line = 64;

std::size_t lines(std::size_t bytes) { return (bytes + cache_line - 1) / cache_line * cache_line; }

/// Memory from the start of a cache line on, not filled.
class Memory {
 public:
  explicit Memory(std::size_t bytes) : at_(static_cast<char*>(::operator new(bytes, line))) {}
  char* at(std::size_t offset) const { return at_.get() + offset; }

 private:
  static constexpr std::align_val_t line{cache_line};
  struct Free {
    void operator()(char* at) const { ::operator delete(at, line); }
  };
  std::unique_ptr<char, Free> at_;
};

/// The step of one array.
class Update {
 public:
  Update(const Piece& piece, const Rule& rule)
      : piece_(piece), rule_(rule), kernel_(rule.wholes[piece.dtype]), array_{piece.p, piece.g, {}, 0, 1, 1, 1} {
    const std::vector<std::size_t>& shape = piece.order->shape;
    array_.rank = static_cast<int>(shape.size());
    if (array_.rank < 2)
      array_.rows = piece.n;
    else {
      array_.rows = shape.end()[-2];
      array_.columns = shape.end()[-1];
      for (auto axis = shape.begin(); axis + 2 != shape.end(); ++axis) array_.batch *= *axis;
    }
    for (int k = 0; k < rule.slots.size; ++k) array_.s[k] = piece.s[k];
    own_ = kernel_.room(array_);
  }

  /// A measure of the work, for decisions alone: as of a product with a square matrix.
  std::size_t cost() const { return piece_.n * std::max<std::size_t>(8, std::min(array_.rows, array_.columns)); }

  /// Bytes of scratch.
  std::size_t room() const { return own_ + (in_c_order() ? 1 : 2 + max_slots) * copy_bytes(); }

  void take(const Hyper& hyper, const Step& step, Decay decay, char* room, const Team& team) const {
    Whole seen = array_;
    char* free = room + own_;
    const auto copy = [&](const Order& order, const void* from) {
      order.gather(piece_.dtype, from, 0, piece_.n, free);
      free += copy_bytes();
      return static_cast<void*>(free - copy_bytes());
    };
    if (piece_.foreign != nullptr) seen.g = copy(piece_.foreign->by_index, piece_.g);
    if (in_c_order()) return kernel_.step(seen, hyper, step, decay, room, team);

    const Order& order = *piece_.order;
    seen.p = copy(order, piece_.p);
    if (piece_.foreign == nullptr) seen.g = copy(order, piece_.g);
    for (int k = 0; k < rule_.slots.size; ++k)
      if (as_parameter(k)) seen.s[k] = copy(order, piece_.s[k]);
    kernel_.step(seen, hyper, step, decay, room, team);
    order.scatter(piece_.dtype, seen.p, 0, piece_.n, piece_.p);
    for (int k = 0; k < rule_.slots.size; ++k)
      if (as_parameter(k)) order.scatter(piece_.dtype, seen.s[k], 0, piece_.n, piece_.s[k]);
  }

 private:
  std::size_t copy_bytes() const { return lines(piece_.n * item_size[piece_.dtype]); }
  bool in_c_order() const { return piece_.order->side_by_side; }
  bool as_parameter(int slot) const { return rule_.slots.data[slot].shape == Shape::same && piece_.s[slot] != nullptr; }

  const Piece& piece_;
  const Rule& rule_;
  const WholeKernel& kernel_;
  Whole array_;
  std::size_t own_;
};

void alone(const Team& /*team*/, void (*task)(const void* context, int part), const void* context, int parts) {
  run_parts(task, context, parts, 1, false);
}

void together(const Team& team, void (*task)(const void* context, int part), const void* context, int parts) {
  run_parts(task, context, parts, std::min(team.threads, parts), true);
}

/// The largest scratch that any of these takes.
std::size_t largest(const std::vector<Update>& updates) {
  std::size_t bytes = 0;
  for (const Update& update : updates) bytes = std::max(bytes, lines(update.room()));
  return bytes;
}

}  // namespace

void update_wholes(const std::vector<Piece>& pieces, const Rule& rule, const Hyper& hyper, const Step& step,
                   Decay decay) {
  std::vector<Update> small, large;
  std::size_t work = 0;
  for (const Piece& piece : pieces) {
    if (piece.n == 0) continue;
    const Update update(piece, rule);
    work += update.cost();
    (update.cost() < 32 * grain() ? small : large).push_back(update);
  }
  const int threads = work < grain() ? 1 : num_threads();
  const std::size_t parts = std::min(small.size(), static_cast<std::size_t>(threads == 1 ? 1 : 4 * threads));
  const std::size_t each = largest(small);
  const Memory memory(std::max(parts * each, largest(large)));

  const Team one{alone, 1}, all{threads == 1 ? alone : together, threads};
  const auto share = [&](int part) {
    const auto k = static_cast<std::size_t>(part);
    for (std::size_t i = small.size() * k / parts; i < small.size() * (k + 1) / parts; ++i)
      small[i].take(hyper, step, decay, memory.at(k * each), one);
  };
  run_parts(share, static_cast<int>(parts), std::min(threads, static_cast<int>(parts)), work >= 32 * grain());
  for (const Update& update : large) update.take(hyper, step, decay, memory.at(0), all);
}

}  // namespace fastopt
