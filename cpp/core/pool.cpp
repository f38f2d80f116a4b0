#include "pool.hpp"

#if defined(__unix__) || defined(__APPLE__)
#include <pthread.h>
#include <signal.h>
#endif
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace fastopt {
namespace {

using Clock = std::chrono::steady_clock;

/// How long a helper looks out for the next job before it sleeps: long enough for steps that follow each
/// other at once, too short to be missed by anybody else.
constexpr auto lookout = std::chrono::microseconds(20);

void relax() {
#if defined(__x86_64__)
  _mm_pause();
#endif
}

/// Wait for `condition` without sleeping; false if it did not come about in time.
template <class Condition>
bool spin_until(Condition condition) {
  const auto deadline = Clock::now() + lookout;
  do {
    for (int i = 0; i < 32; ++i, relax())
      if (condition()) return true;
  } while (Clock::now() < deadline);
  return false;
}

/// While it lives, threads are started with signals blocked: Ctrl-C is for Python's threads. Those of a fault
/// stay with the thread that made it.
class SignalsBlocked {
#if defined(__unix__) || defined(__APPLE__)
 public:
  SignalsBlocked() {
    sigset_t blocked;
    sigfillset(&blocked);
    for (int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP}) sigdelset(&blocked, fault);
    pthread_sigmask(SIG_SETMASK, &blocked, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
#endif
};

class Pool {
 public:
  void run(Task task, const void* context, int parts, int helpers, bool wake) {
    const std::unique_lock<std::mutex> mine(owner_, std::try_to_lock);
    if (!mine) return serial(task, context, parts);
    const bool awake = helpers_ - asleep_.load() >= helpers;
    const bool at_once = Clock::now() - last_ < lookout;
    if (wake || awake || at_once)
      share(task, context, parts, helpers);
    else
      serial(task, context, parts);
    last_ = Clock::now();
  }

  static void serial(Task task, const void* context, int parts) {
    for (int part = 0; part < parts; ++part) task(context, part);
  }

 private:
  void share(Task task, const void* context, int parts, int helpers) {
    if (helpers_ < helpers) hire(helpers);
    {
      const std::lock_guard<std::mutex> lock(state_);
      task_ = task;
      context_ = context;
      parts_ = parts;
      next_.store(0, std::memory_order_relaxed);
      open_ = helpers;
      job_.fetch_add(1, std::memory_order_release);
    }
    const int awake = helpers_ - asleep_.load();
    for (int k = awake; k < helpers; ++k) wake_.notify_one();
    work();
    close();
  }

  /// Start helpers until there are `wanted`, or as many as the system gives.
  void hire(int wanted) {
    const SignalsBlocked blocked;
    try {
      for (; helpers_ < wanted; ++helpers_) std::thread([this] { help(); }).detach();
    } catch (...) {  // no more threads or memory: those there are will do
    }
  }

  /// Claim parts until none is left.
  void work() {
    for (int part; (part = next_.fetch_add(1, std::memory_order_relaxed)) < parts_;) task_(context_, part);
  }

  /// Let nobody in any more, and wait for those who are.
  void close() {
    std::unique_lock<std::mutex> lock(state_);
    open_ = 0;
    if (inside_ == 0) return;
    lock.unlock();
    spin_until([this] { return inside_.load(std::memory_order_acquire) == 0; });
    lock.lock();
    left_.wait(lock, [this] { return inside_ == 0; });
  }

  [[noreturn]] void help() {
    for (unsigned seen = 0;;) {
      spin_until([&] { return job_.load(std::memory_order_acquire) != seen; });
      std::unique_lock<std::mutex> lock(state_);
      ++asleep_;
      wake_.wait(lock, [&] { return job_.load(std::memory_order_relaxed) != seen; });
      --asleep_;
      seen = job_.load(std::memory_order_relaxed);
      if (open_ == 0) continue;
      --open_;
      ++inside_;
      lock.unlock();
      work();
      lock.lock();
      if (--inside_ == 0) left_.notify_one();
    }
  }

  std::mutex owner_;  // held by the caller whose job it is
  std::mutex state_;  // guards the job and the sleep of helpers
  std::condition_variable wake_, left_;
  Task task_ = nullptr;
  const void* context_ = nullptr;
  int parts_ = 0;
  int open_ = 0;              // helpers that may still join the job
  Clock::time_point last_{};  // end of the last job; guarded by `owner_`
  int helpers_ = 0;           // guarded by `owner_`
  std::atomic<int> inside_{0}, asleep_{0};
  std::atomic<unsigned> job_{0};  // counts jobs
  alignas(64) std::atomic<int> next_{0};
};

}  // namespace

void run_parts(Task task, const void* context, int parts, int threads, bool wake) {
  if (threads <= 1 || parts <= 1) return Pool::serial(task, context, parts);
  static Pool& pool = *new Pool;  // never destroyed: helpers may outlive static destructors
  pool.run(task, context, parts, threads - 1, wake);
}

}  // namespace fastopt
