// Schedule-free learning: Defazio et al. 2024, in the form of its authors' package. The parameter is y, where gradients
// are taken; z takes the steps, and x is the mean of z that y looks back to, y = (1 - beta) z + beta x. x is not kept.
#pragma once

#include "../rule.hpp"

namespace fastopt::FASTOPT_ISA {
namespace {

struct ScheduleFree : Base {
  struct Hyper {
    double lr, weight_decay, warmup_steps, r, weight_lr_power;
    double rate(double count) const { return count <= warmup_steps ? lr * (count / warmup_steps) : lr; }
    double weight(double count, double lr_max) const { return std::pow(count, r) * std::pow(lr_max, weight_lr_power); }
    /// What x takes of z: its weight among those of all steps.
    double share(const Step& step) const {
      const double lr_max = step.scalars[0], weight_sum = step.scalars[1];
      return weight_sum == 0 ? 0 : weight(step.count, lr_max) / weight_sum;
    }
  };
  static constexpr auto scalars = names("lr_max", "weight_sum");
  static void settle(const Hyper& h, const Step& step, double* after) {
    const double rate = h.rate(step.count);
    after[0] = rate > step.before[0] ? rate : step.before[0];
    after[1] = step.before[1] + h.weight(step.count, after[0]);
  }
  static constexpr Decays decays = Decays::own;

  /// The step of y and z along d.
  template <class T>
  struct Walk {
    T lr, share, of_y, weight_decay;
    bool decaying;
    Walk(const Hyper& h, double beta, const Step& step)
        : lr(T(h.rate(step.count))),
          share(T(h.share(step))),
          of_y(T(h.rate(step.count) * (1 - beta * (1 - h.share(step))))),
          weight_decay(T(h.weight_decay)),
          decaying(h.weight_decay != 0) {}
    void operator()(T& y, T& z, T d) const {
      d = decaying ? d + fade(weight_decay * y) : d;
      y = y + fade(share * (z - y)) - of_y * d;
      z = z - lr * d;
    }
  };
};

/// Gradient descent.
struct ScheduleFreeSgd : ScheduleFree {
  static constexpr auto name = "schedule_free_sgd";
  struct Hyper : ScheduleFree::Hyper {
    double momentum;
  };
  static constexpr auto hyper = names("lr", "weight_decay", "warmup_steps", "r", "weight_lr_power", "momentum");
  static constexpr auto state = slots(slot{"z"});

  template <class T>
  struct Lane {
    Walk<T> walk;
    Lane(const Hyper& h, const Step& step) : walk(h, h.momentum, step) {}
    void operator()(T& p, T g, T& z) const { walk(p, z, g); }
  };
};

/// Adam without its first moment (Algorithm 1), the decay added to the normalised gradient.
struct ScheduleFreeAdamW : ScheduleFree {
  static constexpr auto name = "schedule_free_adamw";
  struct Hyper : ScheduleFree::Hyper {
    double beta1, beta2, eps;
  };
  static constexpr auto hyper =
      names("lr", "weight_decay", "warmup_steps", "r", "weight_lr_power", "beta1", "beta2", "eps");
  static constexpr auto state = slots(slot{"z"}, slot{"v"});

  template <class T>
  struct Lane {
    Walk<T> walk;
    MeanSquare<T> second;
    T root, eps;
    Lane(const Hyper& h, const Step& step)
        : walk(h, h.beta1, step),
          second(h.beta2),
          root(T(1 / sqrt(1 - std::pow(h.beta2, step.count)))),
          eps(T(h.eps)) {}
    void operator()(T& p, T g, T& z, T& v) const {
      v = second(v, g);
      walk(p, z, g / (sqrt(floored(v)) * root + eps));
    }
  };
};

using Rules = Types<ScheduleFreeSgd, ScheduleFreeAdamW>;

}  // namespace
}  // namespace fastopt::FASTOPT_ISA
