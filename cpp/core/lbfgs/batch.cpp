#include "batch.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <new>

#include "../pool.hpp"
#include "../threads.hpp"

namespace fastopt {

Drivers::Drivers(const Vectors& vectors, std::size_t rows, const void* starts, const std::function<Driver()>& made)
    : vectors_(vectors) {
  const std::size_t bytes = vectors.bytes();
  Vectors(2 * rows * vectors.size(), vectors.dtype(), vectors.dtype()).reserve(points_);
  drivers_.reserve(rows);
  rows_.reserve(rows);
  for (std::size_t row = 0; row < rows; ++row) {
    const auto* start = static_cast<const unsigned char*>(starts) + row * bytes;
    unsigned char *x = points_.get() + 2 * row * bytes, *trial = x + bytes;
    std::memcpy(x, start, bytes);
    std::memcpy(trial, start, bytes);
    drivers_.push_back(made());
    drivers_.back().begin(x, trial, [](void* point) { return point; });
    rows_.push_back(row);
  }
}

void Drivers::ask(void* points) const {
  auto* to = static_cast<unsigned char*>(points);
  for (const std::size_t row : rows_) {
    std::memcpy(to, drivers_[row].trial(), vectors_.bytes());
    to += vectors_.bytes();
  }
}

void Drivers::tell(const double* values, const void* gradients) {
  const auto* given = static_cast<const unsigned char*>(gradients);
  const std::size_t count = rows_.size(), most = work();
  const int threads = vectors_.large() || most < grain() ? 1 : num_threads();  // long vectors are shared themselves
  const std::size_t parts = std::min(count, static_cast<std::size_t>(threads) * 8);
  std::atomic<bool> starved{false};
  const auto task = [&](std::size_t part) {
    try {
      for (std::size_t k = count * part / parts; k < count * (part + 1) / parts; ++k) {
        Driver& driver = drivers_[rows_[k]];
        driver.tell(values[k], given + k * vectors_.bytes());
        if (driver.status() == Status::running) driver.ask();  // now, while all of it is in the cache
      }
    } catch (const std::bad_alloc&) {  // which no helper may throw
      starved = true;
    }
  };
  run_parts(
      [](const void* context, int part) { (*static_cast<decltype(task)*>(context))(static_cast<std::size_t>(part)); },
      &task, static_cast<int>(parts), threads, most >= 8 * grain());
  if (starved) throw std::bad_alloc();
  const auto done = [this](std::size_t row) { return drivers_[row].status() != Status::running; };
  rows_.erase(std::remove_if(rows_.begin(), rows_.end(), done), rows_.end());
}

void Drivers::stop(Status reason) {
  for (const std::size_t row : rows_) drivers_[row].stop(reason);
  rows_.clear();
}

bool Drivers::large() const { return vectors_.large() || work() >= grain(); }

/// Of a round, in elements of a step: each row has some two dozen passes over its vectors.
std::size_t Drivers::work() const { return rows_.size() * (2048 + 16 * vectors_.size()); }

}  // namespace fastopt
