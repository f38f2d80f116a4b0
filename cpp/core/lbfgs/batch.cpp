#include "batch.hpp"

#include <algorithm>
#include <cstring>
#include <new>

#include "../blocks.hpp"

namespace fastopt {

Drivers::Drivers(const Vectors& vectors, std::size_t rows, const void* starts,
                 const std::function<Driver(std::size_t)>& made)
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
    drivers_.push_back(made(row));
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
  const auto heard = [&](std::size_t first, std::size_t last) -> char {
    try {
      for (std::size_t k = first; k < last; ++k) {
        Driver& driver = drivers_[rows_[k]];
        driver.tell(values[k], given + k * vectors_.bytes());
        if (driver.status() == Status::running) driver.ask();  // now, while all of it is in the cache
      }
      return true;
    } catch (const std::bad_alloc&) {  // which no helper may throw
      return false;
    }
  };
  const std::size_t count = rows_.size();
  const std::vector<char> blocks = vectors_.large()  // long vectors are shared out themselves
                                       ? std::vector<char>{heard(0, count)}
                                       : of_blocks<char>(count, row_cost(), worth_waking(work()), heard);
  if (!std::all_of(blocks.begin(), blocks.end(), [](char all) { return all; })) throw std::bad_alloc();
  const auto done = [this](std::size_t row) { return drivers_[row].status() != Status::running; };
  rows_.erase(std::remove_if(rows_.begin(), rows_.end(), done), rows_.end());
}

void Drivers::stop(Status reason) {
  for (const std::size_t row : rows_) drivers_[row].stop(reason);
  rows_.clear();
}

bool Drivers::large() const { return vectors_.large() || work() >= grain(); }

/// Of a round, in elements of a step: some two dozen passes over vectors.
std::size_t Drivers::row_cost() const { return 2048 + 16 * vectors_.size(); }

}  // namespace fastopt
