// Gradient descent: with and without momentum, of signs, averaged.
#pragma once

#include "../rule.hpp"

namespace fastopt::FASTOPT_ISA {
namespace {

/// Gradient descent: Robbins & Monro 1951.
struct Sgd : Base {
  static constexpr auto name = "sgd";
  struct Hyper {
    double lr;
  };
  static constexpr auto hyper = names("lr");

  template <class T>
  struct Lane {
    T lr;
    Lane(const Hyper& h, const Step& /*step*/) : lr(T(h.lr)) {}
    void operator()(T& p, T g) const { p = p - lr * g; }
  };
};

/// Heavy ball, lr outside: Polyak 1964, in the form of Sutskever et al. 2013, section 2, as torch has it.
struct SgdMomentum : Base {
  static constexpr auto name = "sgd_momentum";
  struct Hyper {
    double lr, momentum, dampening;
  };
  static constexpr auto hyper = names("lr", "momentum", "dampening");
  static constexpr auto options = names("nesterov");
  static constexpr auto state = slots(slot{"v"});

  template <class T, bool nesterov>
  struct Lane {
    T lr, rho, feed;
    Lane(const Hyper& h, const Step& step)
        : lr(T(h.lr)),
          rho(T(h.momentum)),
          feed(T(step.count == 1 ? 1 : 1 - h.dampening)) {}  // the first gradient is not damped
    void operator()(T& p, T g, T& v) const {
      v = fade(rho * v + feed * g);
      p = p - lr * (nesterov ? g + rho * v : v);
    }
  };
};

/// Heavy ball, lr inside the velocity: Sutskever et al. 2013, eqs. 1-2; Nesterov as Bengio et al. 2012, eq. 7.
struct SgdVelocity : Base {
  static constexpr auto name = "sgd_velocity";
  struct Hyper {
    double lr, momentum;
  };
  static constexpr auto hyper = names("lr", "momentum");
  static constexpr auto options = names("nesterov");
  static constexpr auto state = slots(slot{"v"});

  template <class T, bool nesterov>
  struct Lane {
    T lr, rho;
    Lane(const Hyper& h, const Step& /*step*/) : lr(T(h.lr)), rho(T(h.momentum)) {}
    void operator()(T& p, T g, T& v) const {
      v = fade(rho * v - lr * g);
      p = p + (nesterov ? rho * v - lr * g : v);
    }
  };
};

/// The averaging form: step along a running mean of the gradients, the first moment of Adam alone.
struct SgdAverage : Base {
  static constexpr auto name = "sgd_average";
  struct Hyper {
    double lr, momentum;
  };
  static constexpr auto hyper = names("lr", "momentum");
  static constexpr auto options = names("nesterov");
  static constexpr auto state = slots(slot{"m"});

  template <class T, bool nesterov>
  struct Lane {
    T lr;
    Mean<T> mean;
    Lane(const Hyper& h, const Step& /*step*/) : lr(T(h.lr)), mean(h.momentum) {}
    void operator()(T& p, T g, T& m) const {
      m = mean(m, g);
      p = p - lr * (nesterov ? mean.mixed(m, g) : m);
    }
  };
};

/// Sign descent: the gradient over its own magnitude, sqrt(g^2) = |g|. Where both are zero it stays.
struct SignSgd : Base {
  static constexpr auto name = "signsgd";
  struct Hyper {
    double lr, eps;
  };
  static constexpr auto hyper = names("lr", "eps");

  template <class T>
  struct Lane {
    T lr, eps;
    Lane(const Hyper& h, const Step& /*step*/) : lr(T(h.lr)), eps(T(h.eps)) {}
    void operator()(T& p, T g) const {
      const T d = absolute(g) + eps;
      p = p - lr * (g / (d == T(0) ? T(1) : d));
    }
  };
};

/// Averaged gradient descent: Polyak & Juditsky 1992, with the rates of Bottou's implementation as torch has them.
struct Asgd : Base {
  static constexpr auto name = "asgd";
  struct Hyper {
    double lr, lambd, alpha, t0;
    double eta(double count) const { return lr / std::pow(1 + lambd * lr * (count - 1), alpha); }
  };
  static constexpr auto hyper = names("lr", "lambd", "alpha", "t0");
  static constexpr auto state = slots(slot{"ax"});

  template <class T>
  struct Lane {
    T eta, keep, least, mu;  // least: as in Before
    bool averaging;
    Lane(const Hyper& h, const Step& step)
        : eta(T(h.eta(step.count))),
          keep(T(1 - h.lambd * h.eta(step.count))),
          least(1 - h.lambd * h.eta(step.count) == 1 ? T(0) : Least<T>::mean),
          mu(T(step.count - 1 - h.t0 > 1 ? 1 / (step.count - 1 - h.t0) : 1)),
          averaging(step.count - 1 - h.t0 > 1) {}
    void operator()(T& p, T g, T& ax) const {
      const T kept = keep * p;
      p = (absolute(kept) < least ? T(0) : kept) - eta * g;
      ax = averaging ? ax + mu * (p - ax) : p;
    }
  };
};

using Rules = Types<Sgd, SgdMomentum, SgdVelocity, SgdAverage, SignSgd, Asgd>;

}  // namespace
}  // namespace fastopt::FASTOPT_ISA
