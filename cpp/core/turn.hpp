// One call of an object at a time: others may come from other threads, while one works without the GIL, or from within
// it, where it calls Python.
#pragma once

#include <atomic>
#include <stdexcept>

#include "forks.hpp"

namespace fastopt {

/// Whether a call of an object is under way.
class Busy {
 public:
  bool now() const { return turn_ == forks() + 1; }

 private:
  friend class Turn;
  std::atomic<int> turn_{0};  // one more than `forks` when it was taken: in a child, the turns of others are void
};

/// A call under way.
class Turn {
 public:
  explicit Turn(Busy& busy, const char* refusal = "another call of this solver is under way") : busy_(busy) {
    const int mine = forks() + 1;
    if (busy_.turn_.exchange(mine) == mine) throw std::runtime_error(refusal);
    innermost_ = this;
  }
  ~Turn() {
    innermost_ = around_;
    busy_.turn_ = 0;
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

  /// In a child: keep the turns of the thread that forked, which goes on in them.
  static void keep_mine() {
    for (const Turn* turn = innermost_; turn != nullptr; turn = turn->around_) turn->busy_.turn_ = forks() + 1;
  }

 private:
  inline static thread_local const Turn* innermost_ = nullptr;

  Busy& busy_;
  const Turn* around_ = innermost_;
};

}  // namespace fastopt
