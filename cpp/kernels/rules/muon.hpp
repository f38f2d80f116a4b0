// Steps along orthogonal matrices.
#pragma once

#include "../matrix/product.hpp"

namespace fastopt::FASTOPT_ISA {
namespace {

/// Muon: Jordan et al. 2024, as torch has it, but that torch computes products in bfloat16.
struct Muon : OfWhole {
  static constexpr auto name = "muon";
  struct Hyper {
    double lr, momentum, a, b, c, eps, ns_steps, nesterov, match_rms_adamw;
    double scale(double rows, double columns) const {
      if (match_rms_adamw != 0) return 0.2 * sqrt(rows > columns ? rows : columns);
      return rows > columns ? sqrt(rows / columns) : 1;
    }
  };
  static constexpr auto hyper = names("lr", "momentum", "a", "b", "c", "eps", "ns_steps");
  static constexpr auto flags = names("nesterov", "match_rms_adamw");
  static constexpr auto state = slots(slot{"m"});
  static constexpr Decays decays = Decays::decoupled;
  static constexpr Takes takes = Takes::matrices;

  template <class T>
  struct Stage {
    bool upright;  // x is to be no higher than wide
    std::size_t height, width;
    T *u, *x, *gram, *square;
    double* sums;
    Products<T> product;

    Stage(Room& room, const Taken<T>& of)
        : upright(of.rows > of.columns),
          height(upright ? of.columns : of.rows),
          width(upright ? of.rows : of.columns),
          u(room.of<T>(of.n)),
          x(room.of<T>(of.n)),
          gram(room.of<T>(height * height)),
          square(room.of<T>(height * height)),
          sums(room_for_total(room, of.n)),
          product(room, height, width) {}

    void operator()(const Hyper& h, const Step& /*step*/, const Taken<T>& of, const Team& team) const {
      take_in(h, of, team);
      const double norm = sqrt(total(team, of.n, sums, [u = u](std::size_t i) { return squared(u[i]); }));
      const T size = floored(T(maximum(norm, h.eps)));
      const Matrix<T> lying = upright ? Matrix<T>(u, of.rows, of.columns).transposed() : Matrix<T>(u, height, width);
      const auto each_row = [&](const auto& f) {
        share_blocks(team, height, 16, [&](std::size_t first, std::size_t last) {
          for (std::size_t i = first; i < last; ++i)
            for (std::size_t j = 0; j < width; ++j) f(i, j);
        });
      };
      each_row([&, x = x, width = width](std::size_t i, std::size_t j) { x[i * width + j] = lying(i, j) / size; });
      for (double k = 0; k < h.ns_steps; ++k) iterate(h, of.n, team);
      const T rate = T(h.lr * h.scale(static_cast<double>(of.rows), static_cast<double>(of.columns)));
      T* const p = of.p;
      const std::size_t down = upright ? 1 : width, along = upright ? height : 1;
      each_row([=, x = x, width = width](std::size_t i, std::size_t j) {
        T& mine = p[i * down + j * along];
        mine = mine - rate * x[i * width + j];
      });
    }

   private:
    /// The gradient into its mean, and u, what is to be orthogonal.
    void take_in(const Hyper& h, const Taken<T>& of, const Team& team) const {
      const T rho = T(h.momentum), rest = T(1 - h.momentum);
      const bool nesterov = h.nesterov != 0;
      each(team, of.n, [=, g = of.g, m = of.s[0], u = u](std::size_t i) {
        m[i] = fade(rho * m[i] + rest * g[i]);
        u[i] = nesterov ? rho * m[i] + rest * g[i] : m[i];
      });
    }

    /// One step of Newton and Schulz, x = a x + (b A + c A^2) x with A = x x', towards singular values of 1.
    void iterate(const Hyper& h, std::size_t n, const Team& team) const {
      const T a = T(h.a), b = T(h.b), c = T(h.c);
      const Matrix<T> X(x, height, width), A(gram, height, height);
      product(team, gram, X, X.transposed(), true);
      product(team, square, A, A, true);
      each(team, height * height, [=, A = gram, A2 = square](std::size_t i) { A2[i] = b * A[i] + c * A2[i]; });
      product(team, u, Matrix<T>(square, height, height), X);
      each(team, n, [=, x = x, u = u](std::size_t i) { x[i] = a * x[i] + u[i]; });
    }
  };
};

using Rules = Types<Muon>;

}  // namespace
}  // namespace fastopt::FASTOPT_ISA
