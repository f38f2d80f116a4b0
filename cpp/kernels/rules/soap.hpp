// SOAP: Adam in the bases of Shampoo.
#pragma once

#include "../matrix/eigen.hpp"
#include "../matrix/product.hpp"

namespace fastopt::FASTOPT_ISA {
namespace {

/// SOAP: Vyas et al. 2024, Algorithm 3, as pytorch-optimizer has it: the first step only finds the bases.
struct Soap : OfWhole {
  static constexpr auto name = "soap";
  struct Hyper {
    double lr, beta1, beta2, shampoo_beta, weight_decay, precondition_frequency, eps, correct_bias, normalize_gradient;
    double beta3() const { return std::isnan(shampoo_beta) ? beta2 : shampoo_beta; }
  };
  static constexpr auto hyper =
      names("lr", "beta1", "beta2", "shampoo_beta", "weight_decay", "precondition_frequency", "eps");
  static constexpr auto flags = names("correct_bias", "normalize_gradient");
  static constexpr auto state = slots(
      slot{"m"}, slot{"v"}, slot{"left", nullptr, Shape::left_or_none}, slot{"right", nullptr, Shape::right_or_none},
      slot{"left_basis", nullptr, Shape::left_or_none}, slot{"right_basis", nullptr, Shape::right_or_none});
  static constexpr Decays decays = Decays::own;
  static constexpr Takes takes = Takes::vectors_and_matrices;

  /// One side of the matrix: the mean of its squares, and the basis in which they are nearly diagonal.
  template <class T>
  struct Side {
    std::size_t n;  // 0 where it is left alone
    T *mean, *basis, *gram;
    double *wide, *along;
    std::size_t* order;
    Spectrum spectrum;
    Orthogonal orthogonal;

    Side(Room& room, std::size_t n_, T* mean_, T* basis_)
        : n(mean_ == nullptr || basis_ == nullptr ? 0 : n_),
          mean(mean_),
          basis(basis_),
          gram(room.of<T>(n * n)),
          wide(room.of<double>(n * n)),
          along(room.of<double>(n)),
          order(room.of<std::size_t>(n)),
          spectrum(room, n),
          orthogonal(room, n) {}

    /// Take a matrix, already scaled by the root of the share of its squares, into the mean.
    void add(const Team& team, const Products<T>& product, const Matrix<T>& a, T beta) const {
      product(team, gram, a, a.transposed(), true);
      each(team, n * n, [=, to = mean, from = gram](std::size_t i) {
        to[i] = normal<T>(static_cast<double>(beta * to[i] + from[i]));
      });
    }

    void find_basis(const Team& team) const {
      spectrum(team, mean);
      each(team, n * n,
           [n = n, to = basis, from = spectrum.vectors](std::size_t i) { to[i] = normal<T>(from[i % n * n + i / n]); });
    }

    /// One round of power iteration, which puts the columns of the basis in order.
    void follow(const Team& team, const Products<T>& product) const {
      product(team, gram, Matrix<T>(mean, n, n), Matrix<T>(basis, n, n));
      for (std::size_t j = 0; j < n; ++j) along[j] = 0;
      for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < n; ++j)
          along[j] += felt(static_cast<double>(basis[i * n + j])) * felt(static_cast<double>(gram[i * n + j]));
      Spectrum::sort_descending(along, order, n);
      each(team, n * n, [n = n, to = wide, from = gram, order = order](std::size_t i) {
        to[i] = static_cast<double>(from[i - i % n + order[i % n]]);
      });
      orthogonal(team, wide);
      each(team, n * n, [to = basis, from = wide](std::size_t i) { to[i] = normal<T>(from[i]); });
    }

    /// Where column k of the basis was before that.
    std::size_t source(std::size_t k) const { return n == 0 ? k : order[k]; }
  };

  template <class T>
  struct Stage {
    std::size_t rows, columns;
    T *turned, *half, *direction;
    double* sums;
    Side<T> left, right;
    Products<T> product;

    Stage(Room& room, const Taken<T>& of)
        : rows(of.rows),
          columns(of.columns),
          turned(room.of<T>(of.n)),
          half(room.of<T>(of.n)),
          direction(room.of<T>(of.n)),
          sums(room_for_total(room, of.n)),
          left(room, rows, of.s[2], of.s[4]),
          right(room, columns, of.s[3], of.s[5]),
          product(room, longer(rows, columns), longer(longer(left.n, right.n), shorter(rows, columns))) {}

    void operator()(const Hyper& h, const Step& step, const Taken<T>& of, const Team& team) const {
      if (step.count > 1) move(h, step.count - 1, of, team);
      const T beta = T(h.beta3()), root = T(sqrt(1 - h.beta3()));
      each(team, of.n, [=, to = half, g = of.g](std::size_t i) { to[i] = root * g[i]; });
      const Matrix<T> scaled(half, rows, columns);
      if (left.n > 0) left.add(team, product, scaled, beta);
      if (right.n > 0) right.add(team, product, scaled.transposed(), beta);
      if (step.count == 1) {
        if (left.n > 0) left.find_basis(team);
        if (right.n > 0) right.find_basis(team);
      } else if (std::fmod(step.count - 1, h.precondition_frequency) == 0) {
        follow(of.s[1], of.n, team);
      }
    }

   private:
    /// to = a into the bases, or, transposed, out of them.
    void turn(const Team& team, const T* a, T* to, bool back) const {
      const auto basis = [back](const Side<T>& side, bool transposed) {
        const Matrix<T> q(side.basis, side.n, side.n);
        return transposed != back ? q.transposed() : q;
      };
      const T* from = a;
      if (left.n > 0) {
        T* const next = right.n > 0 ? half : to;
        product(team, next, basis(left, true), Matrix<T>(from, rows, columns));
        from = next;
      }
      if (right.n > 0) product(team, to, Matrix<T>(from, rows, columns), basis(right, false));
      if (left.n == 0 && right.n == 0) each(team, rows * columns, [=](std::size_t i) { to[i] = a[i]; });
    }

    /// Adam in the bases; `count` of its steps with this one.
    void move(const Hyper& h, double count, const Taken<T>& of, const Team& team) const {
      const T beta1 = T(h.beta1), rest1 = T(1 - h.beta1), beta2 = T(h.beta2), rest2 = T(1 - h.beta2), eps = T(h.eps);
      const Square<T> square(1 - h.beta2);
      T *const m = of.s[0], *const v = of.s[1], *const p = of.p, *const u = direction;
      turn(team, of.g, turned, false);
      each(team, of.n, [=, g = of.g, t = turned](std::size_t i) {
        m[i] = fade(beta1 * m[i] + rest1 * g[i]);
        v[i] = fade_square(beta2 * v[i] + rest2 * square(t[i]));
      });
      turn(team, m, turned, false);
      each(team, of.n, [=, t = turned](std::size_t i) { t[i] = t[i] / (sqrt(floored(v[i])) + eps); });
      turn(team, turned, u, true);
      T size = 1;
      if (h.normalize_gradient != 0) {
        const double sum = total(team, of.n, sums, [u](std::size_t i) { return squared(u[i]); });
        size = floored(T(sqrt(sum / static_cast<double>(of.n)) + h.eps));
      }
      const double corrected = sqrt(1 - std::pow(h.beta2, count)) / (1 - std::pow(h.beta1, count));
      const T rate = T(h.correct_bias != 0 ? h.lr * corrected : h.lr);
      const double kept = 1 - h.lr * h.weight_decay;
      const T keep = T(kept);
      const bool normalized = h.normalize_gradient != 0, decays = kept != 1;
      each(team, of.n, [=](std::size_t i) {
        const T moved = p[i] - rate * (normalized ? u[i] / size : u[i]);
        p[i] = decays ? fade(keep * moved) : moved;
      });
    }

    /// Turn the bases towards the means of squares, and the elements of v with them.
    void follow(T* v, std::size_t n, const Team& team) const {
      if (left.n > 0) left.follow(team, product);
      if (right.n > 0) right.follow(team, product);
      if (left.n == 0 && right.n == 0) return;
      each(team, n, [=, to = turned](std::size_t i) { to[i] = v[i]; });
      share_blocks(team, rows, 64, [&](std::size_t first, std::size_t last) {
        for (std::size_t i = first; i < last; ++i)
          for (std::size_t j = 0; j < columns; ++j)
            v[i * columns + j] = turned[left.source(i) * columns + right.source(j)];
      });
    }
  };
};

using Rules = Types<Soap>;

}  // namespace
}  // namespace fastopt::FASTOPT_ISA
