// Shampoo: a preconditioner for each side of a matrix.
#pragma once

#include "../matrix/inverse_root.hpp"

namespace fastopt::FASTOPT_ISA {
namespace {

/// Shampoo: Gupta, Koren & Singer 2018, Algorithm 1, as pytorch-optimizer has it; a vector is one column.
struct Shampoo : OfWhole {
  static constexpr auto name = "shampoo";
  struct Hyper {
    double lr, momentum, preconditioning_compute_steps;
  };
  static constexpr auto hyper = names("lr", "momentum", "preconditioning_compute_steps");
  static constexpr auto options = names("momentum");
  static constexpr auto state =
      slots(slot{"left", nullptr, Shape::left}, slot{"right", nullptr, Shape::right},
            slot{"left_root", nullptr, Shape::left}, slot{"right_root", nullptr, Shape::right}, slot{"m", "momentum"});
  static constexpr Takes takes = Takes::vectors_and_matrices;

  template <class T>
  struct Stage {
    std::size_t rows, columns;
    bool two_sided;
    T *g, *turned, *gram;
    Products<T> product;
    InverseRoot root_of_left, root_of_right;

    Stage(Room& room, const Taken<T>& of)
        : rows(of.rows),
          columns(of.columns),
          two_sided(of.rank > 1),
          g(room.of<T>(of.n)),
          turned(room.of<T>(of.n)),
          gram(room.of<T>(longer(rows, columns) * longer(rows, columns))),
          product(room, longer(rows, columns), longer(rows, columns)),
          root_of_left(room, rows),
          root_of_right(room, two_sided ? columns : 0) {}

    void operator()(const Hyper& h, const Step& step, const Taken<T>& of, const Team& team) const {
      T *const left = of.s[0], *const right = of.s[1], *const left_root = of.s[2], *const right_root = of.s[3];
      T *const m = of.s[4], *const p = of.p;
      const T rho = T(h.momentum), rest = T(1 - h.momentum), lr = T(h.lr);
      const bool mixed = m != nullptr && step.count != 1;
      each(team, of.n,
           [=, mine = g, given = of.g](std::size_t i) { mine[i] = mixed ? rest * given[i] + rho * m[i] : given[i]; });
      const Matrix<T> G(g, rows, columns);
      add_gram(team, G, left);
      if (two_sided) add_gram(team, G.transposed(), right);
      if (std::fmod(step.count, h.preconditioning_compute_steps) == 0) {
        root_of_left(team, left, two_sided ? 4 : 2, left_root);
        if (two_sided) root_of_right(team, right, 4, right_root);
      }
      product(team, turned, Matrix<T>(left_root, rows, rows), G);
      if (two_sided) product(team, g, Matrix<T>(turned, rows, columns), Matrix<T>(right_root, columns, columns));
      const T* const u = two_sided ? g : turned;
      each(team, of.n, [=](std::size_t i) {
        if (m != nullptr) m[i] = fade(u[i]);
        p[i] = p[i] - lr * u[i];
      });
    }

   private:
    void add_gram(const Team& team, const Matrix<T>& a, T* to) const {
      product(team, gram, a, a.transposed(), true);
      each(team, a.rows * a.rows, [to, from = gram](std::size_t i) { to[i] = to[i] + from[i]; });
    }
  };
};

using Rules = Types<Shampoo>;

}  // namespace
}  // namespace fastopt::FASTOPT_ISA
