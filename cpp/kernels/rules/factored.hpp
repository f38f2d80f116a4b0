// Rules that keep the second moment of a matrix as means over its rows and columns.
#pragma once

#include "../whole.hpp"

namespace fastopt::FASTOPT_ISA {
namespace {

/// Adafactor: Shazeer & Stern 2018, Algorithms 4 and 5, as torch has it. More axes are a batch of matrices.
struct Adafactor : OfWhole {
  static constexpr auto name = "adafactor";
  struct Hyper {
    double lr, beta2_decay, eps1, eps2, d, weight_decay;
  };
  static constexpr auto hyper = names("lr", "beta2_decay", "eps1", "eps2", "d", "weight_decay");
  static constexpr auto state = slots(slot{"row", nullptr, Shape::rows}, slot{"column", nullptr, Shape::columns},
                                      slot{"v", nullptr, Shape::vector});
  static constexpr Decays decays = Decays::own;

  template <class T>
  struct Stage {
    static constexpr std::size_t rows_at_a_time = 64;

    std::size_t batch, rows, columns, n, blocks;
    bool factored;
    double *sums, *of_blocks;
    T *of_row, *of_column;  // the root of the second moment is their product

    Stage(Room& room, const Taken<T>& of)
        : batch(of.batch),
          rows(of.rows),
          columns(of.columns),
          n(of.n),
          blocks((rows + rows_at_a_time - 1) / rows_at_a_time),
          factored(of.rank > 1),
          sums(room_for_total(room, n)),
          of_blocks(room.of<double>(factored ? batch * blocks * columns : 0)),
          of_row(room.of<T>(factored ? batch * rows : 0)),
          of_column(room.of<T>(factored ? batch * columns : 0)) {}

    void operator()(const Hyper& h, const Step& step, const Taken<T>& of, const Team& team) const {
      const double count = static_cast<double>(n);
      const double feed = std::pow(step.count, h.beta2_decay), root = 1 / sqrt(step.count);
      const double eps = std::isnan(h.eps1) ? Least<T>::epsilon : h.eps1;
      T* const p = of.p;
      const double size = sqrt(total(team, n, sums, [p](std::size_t i) { return squared(p[i]); }) / count);
      const double alpha = (size > h.eps2 ? size : h.eps2) * (root < h.lr ? root : h.lr);
      if (factored)
        take_in_factored(feed, eps, of, team);
      else
        take_in(feed, of, team);

      const Direction u{*this, of.g, of.s[2], T(eps)};
      const double of_squares = total_by_blocks(team, n, sums, [&](std::size_t first, std::size_t last) {
        T some[total_block];
        u(first, last, some);
        return total_of_block(last - first, [&](std::size_t i) { return squared(some[i]); });
      });
      const double excess = sqrt(of_squares / count) / h.d;
      const T rate = T(alpha / (excess > 1 ? excess : 1)), keep = T(1 - h.lr * h.weight_decay);
      const bool decays = 1 - h.lr * h.weight_decay != 1;
      share_blocks(team, n, total_block, [&](std::size_t first, std::size_t last) {
        T some[total_block];
        u(first, last, some);
#pragma omp simd
        for (std::size_t i = 0; i < last - first; ++i) {
          T& mine = p[first + i];
          mine = (decays ? fade(keep * mine) : mine) - rate * some[i];
        }
      });
    }

   private:
    /// The gradient over the root of its second moment: of elements `first` to `last - 1`.
    struct Direction {
      const Stage& stage;
      const T *g, *v;
      T eps;
      void operator()(std::size_t first, std::size_t last, T* u) const {
        if (!stage.factored) {
#pragma omp simd
          for (std::size_t i = first; i < last; ++i) u[i - first] = g[i] / floored(maximum(sqrt(v[i]), eps));
          return;
        }
        const std::size_t columns = stage.columns;
        for (std::size_t i = first; i < last;) {
          const std::size_t row = i / columns, from = i % columns, left = columns - from;
          const std::size_t some = left < last - i ? left : last - i;
          const T of_row = stage.of_row[row];
          const T *of_column = stage.of_column + row / stage.rows * columns + from, *of_g = g + i;
          T* const to = u + (i - first);
#pragma omp simd
          for (std::size_t j = 0; j < some; ++j) to[j] = of_g[j] / floored(maximum(of_row * of_column[j], eps));
          i += some;
        }
      }
    };

    void take_in(double feed, const Taken<T>& of, const Team& team) const {
      const T keep = T(1 - feed), fed = T(feed);
      const Square<T> square(feed);
      each(team, n,
           [=, v = of.s[2], g = of.g](std::size_t i) { v[i] = fade_square(keep * v[i] + fed * square(g[i])); });
    }

    /// A mean of squares takes in the mean of these.
    static T fed(T mean, double feed, double of_squares) {
      return fade_square(T(1 - feed) * mean + normal<T>(feed * of_squares));
    }

    void take_in_factored(double feed, double eps, const Taken<T>& of, const Team& team) const {
      T *const row = of.s[0], *const column = of.s[1];
      const double height = static_cast<double>(rows), width = static_cast<double>(columns);
      const auto take_block = [&](std::size_t block) {
        double* const along = of_blocks + block * columns;
        for (std::size_t j = 0; j < columns; ++j) along[j] = 0;
        const std::size_t first = block / blocks * rows + block % blocks * rows_at_a_time;
        const std::size_t end = (block / blocks + 1) * rows;
        for (std::size_t i = first; i < end && i < first + rows_at_a_time; ++i) {
          const T* const g = of.g + i * columns;
#pragma omp simd
          for (std::size_t j = 0; j < columns; ++j) along[j] += squared(g[j]);
          row[i] = fed(row[i], feed, total(columns, [g](std::size_t j) { return squared(g[j]); }) / width);
        }
      };
      share_blocks(team, batch * blocks, 1 + 64 / rows, [&](std::size_t first, std::size_t last) {
        for (std::size_t block = first; block < last; ++block) take_block(block);
      });
      constexpr std::size_t some = 256;
      const std::size_t parts = (columns + some - 1) / some;
      share(team, batch * parts, [&](std::size_t part) {
        const std::size_t k = part / parts, first = part % parts * some;
        const std::size_t last = first + some < columns ? first + some : columns;
        double* const sum = of_blocks + k * blocks * columns;
        for (std::size_t block = 1; block < blocks; ++block) {
          const double* const next = sum + block * columns;
#pragma omp simd
          for (std::size_t j = first; j < last; ++j) sum[j] += next[j];
        }
        T *const mine = column + k * columns, *const roots = of_column + k * columns;
#pragma omp simd
        for (std::size_t j = first; j < last; ++j) {
          mine[j] = fed(mine[j], feed, sum[j] / height);
          roots[j] = sqrt(mine[j]);
        }
      });
      const Square<T> square(1);
      for (std::size_t k = 0; k < batch; ++k) {
        const T* const mine = row + k * rows;
        const double mean = total(rows, [mine](std::size_t i) { return static_cast<double>(mine[i]); }) / height;
        const T size = floored(T(sqrt(maximum(mean, eps))));
        for (std::size_t i = k * rows; i < (k + 1) * rows; ++i) of_row[i] = square.felt(sqrt(row[i]) / size);
      }
    }
  };
};

using Rules = Types<Adafactor>;

}  // namespace
}  // namespace fastopt::FASTOPT_ISA
