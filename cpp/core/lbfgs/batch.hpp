// Descents of many problems of one size, side by side.
//
//     for (Drivers drivers(...); !drivers.rows().empty(); drivers.tell(values, gradients)) {
//       drivers.ask(points);               // those of the rows that are not done, one after the other
//       ...
//     }
//
// Rows know nothing of each other: each takes the steps that it would take alone, bit for bit.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "driver.hpp"

namespace fastopt {

class Drivers {
 public:
  /// `starts` are `rows` vectors, one after the other; `made(row)` returns a driver that has not begun.
  Drivers(const Vectors& vectors, std::size_t rows, const void* starts, const std::function<Driver(std::size_t)>& made);

  /// The rows that are not done, in order.
  const std::vector<std::size_t>& rows() const { return rows_; }

  /// Write the trial points of rows().
  void ask(void* points) const;

  /// Values and gradients there. If memory runs out some rows have not heard theirs: then stop.
  void tell(const double* values, const void* gradients);

  /// End all rows now, each at its best point.
  void stop(Status reason);

  std::size_t size() const { return drivers_.size(); }
  Driver& operator[](std::size_t row) { return drivers_[row]; }

  /// Whether a round is worth giving up the GIL.
  bool large() const;

 private:
  std::size_t row_cost() const;
  std::size_t work() const { return rows_.size() * row_cost(); }

  Vectors vectors_;
  Buffer points_;  // two for each row, which its driver works with
  std::vector<Driver> drivers_;
  std::vector<std::size_t> rows_;
};

}  // namespace fastopt
