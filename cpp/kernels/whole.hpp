// How a rule is written that is no formula of one element: it sees an array as a whole, dense in C order. Beside what
// any rule states (rule.hpp) it gives, in place of Lane,
//
//     template <class T> struct Stage {
//       Stage(Room&, const Taken<T>&);                                         // takes its scratch
//       void operator()(const Hyper&, const Step&, const Taken<T>&, const Team&) const;   // takes the step
//     };
//
// It has neither sums nor scalars, and its options do nothing but bring their state array.
#pragma once

#include "reduce.hpp"
#include "rule.hpp"
#include "sweep.hpp"

namespace fastopt::FASTOPT_ISA {
namespace {

struct OfWhole : Base {
  static constexpr bool whole = true;
};

/// Scratch, handed out bit by bit in whole cache lines. Without memory it only counts.
class Room {
 public:
  explicit Room(void* memory) : memory_(static_cast<char*>(memory)) {}

  template <class T>
  T* of(std::size_t n) {
    char* const at = memory_ == nullptr ? nullptr : memory_ + used_;
    used_ += (n * sizeof(T) + 63) / 64 * 64;
    return reinterpret_cast<T*>(at);
  }
  std::size_t used() const { return used_; }

 private:
  char* memory_;
  std::size_t used_ = 0;
};

/// f(part) for each part below `parts`, shared among the threads of the team. No number may depend on who does what.
template <class F>
void share(const Team& team, std::size_t parts, const F& f) {
  const auto task = [](const void* context, int part) {
    (*static_cast<const F*>(context))(static_cast<std::size_t>(part));
  };
  team.run(team, task, &f, static_cast<int>(parts));
}

/// f(first, last) for so many at a time of all below n, shared out.
template <class F>
void share_blocks(const Team& team, std::size_t n, std::size_t size, const F& f) {
  share(team, (n + size - 1) / size, [&](std::size_t part) {
    const std::size_t first = part * size, last = first + size < n ? first + size : n;
    f(first, last);
  });
}

/// f(i) for each element below n.
template <class F>
void each(const Team& team, std::size_t n, const F f) {
  share_blocks(team, n, 16384, [&](std::size_t first, std::size_t last) {
    const F own = f;
#pragma omp simd
    for (std::size_t i = first; i < last; ++i) own(i);
  });
}

constexpr std::size_t total_block = 4096;

/// Room for the sums of the blocks of n elements.
inline double* room_for_total(Room& room, std::size_t n) { return room.of<double>(n / total_block + 1); }

/// The sum of f(i) over i < n, of one block.
template <class F>
[[gnu::always_inline]] inline double total_of_block(std::size_t n, const F f) {
  double sum;
  reduce<1, 0>(n, &sum, [=](std::size_t i, double* term) __attribute__((always_inline)) { *term = f(i); });
  return sum;
}

/// The sum of f(i) over all i < n, in the order of all sums: blocks by themselves, and then one after another.
template <class F>
double total(std::size_t n, const F f) {
  double sum = 0;
  for (std::size_t first = 0; first < n; first += total_block)
    sum +=
        total_of_block(n - first < total_block ? n - first : total_block, [=](std::size_t i) { return f(first + i); });
  return sum;
}

/// The same sum, shared out; f(first, last) gives that of one block.
template <class F>
double total_by_blocks(const Team& team, std::size_t n, double* of_blocks, const F& f) {
  share_blocks(team, n, total_block,
               [&](std::size_t first, std::size_t last) { of_blocks[first / total_block] = f(first, last); });
  double sum = 0;
  for (std::size_t block = 0; block * total_block < n; ++block) sum += of_blocks[block];
  return sum;
}

template <class F>
double total(const Team& team, std::size_t n, double* of_blocks, const F f) {
  return total_by_blocks(team, n, of_blocks, [f](std::size_t first, std::size_t last) {
    return total_of_block(last - first, [=](std::size_t i) { return f(first + i); });
  });
}

/// An array as a rule takes it.
template <class T>
struct Taken {
  T* p;
  const T* g;
  T* s[max_slots];
  int rank;
  std::size_t batch, rows, columns, n;

  Taken(Room& room, const Whole& a)
      : p(static_cast<T*>(a.p)),
        g(static_cast<const T*>(a.g)),
        rank(a.rank),
        batch(a.batch),
        rows(a.rows),
        columns(a.columns),
        n(a.n()),
        changed_(room.of<T>(n)) {
    for (int k = 0; k < max_slots; ++k) s[k] = static_cast<T*>(a.s[k]);
  }

  /// What comes before any rule: `maximize` and the decay that all rules share.
  void begin(const Hyper& hyper, Decay decay, const Team& team) {
    if (decay == Decay::l2) return begin_with<Decay::l2>(hyper, team);
    if (decay == Decay::decoupled) return begin_with<Decay::decoupled>(hyper, team);
    if (hyper.maximize) begin_with<Decay::none>(hyper, team);
  }

 private:
  template <Decay decay>
  void begin_with(const Hyper& hyper, const Team& team) {
    const Before<T, decay> before(hyper.values[0], hyper.weight_decay, hyper.maximize);
    T* const of_p = p;
    const T* const of_g = g;
    T* const to = changed_;
    each(team, n, [=](std::size_t i) {
      to[i] = before.gradient(of_g[i], of_p[i]);
      of_p[i] = before.parameter(of_p[i]);
    });
    g = to;
  }

  T* changed_;
};

}  // namespace
}  // namespace fastopt::FASTOPT_ISA
