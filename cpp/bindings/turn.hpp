// One call of an object at a time: others may come from other threads, while one works without the GIL.
#pragma once

#include <atomic>
#include <stdexcept>

namespace fastopt::bindings {

class Turn {
 public:
  explicit Turn(std::atomic<bool>& busy) : busy_(busy) {
    if (busy_.exchange(true)) throw std::runtime_error("another call of this solver is under way");
  }
  ~Turn() { busy_ = false; }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  std::atomic<bool>& busy_;
};

}  // namespace fastopt::bindings
