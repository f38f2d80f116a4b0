#include "forks.hpp"

#if defined(__unix__) || defined(__APPLE__)
#include <pthread.h>
#endif

#include <atomic>
#include <chrono>
#include <thread>

#include "turn.hpp"

namespace fastopt {
namespace {

std::atomic<int> fork_count{0}, at_work{0}, away{0};
bool (*to_wait)() = nullptr;

void before_fork() {
  while (at_work > 0 && to_wait()) std::this_thread::sleep_for(std::chrono::microseconds(50));
}

void in_child() {
  ++fork_count;  // from now on there is one thread to a step, so that no lock of the pool is touched
  at_work = away = 0;
  Turn::keep_mine();
}

}  // namespace

void watch_forks(bool (*waits)()) {
  to_wait = waits;
#if defined(__unix__) || defined(__APPLE__)
  static const int registered = pthread_atfork(before_fork, nullptr, in_child);
  (void)registered;
#endif
}

int forks() { return fork_count.load(std::memory_order_relaxed); }

void begin_work() { ++at_work, ++away; }
void end_work() { --at_work; }
void come_back() { --away; }
int calls_away() { return away; }

}  // namespace fastopt
