// Losses of one score and one target each.
#pragma once

#include "../elementary.hpp"

namespace fastopt::FASTOPT_ISA {
namespace {

/// Cross-entropy of the logistic function of the score: Bishop 2006, section 4.3.2.
struct BinaryCrossEntropy {
  static constexpr auto name = "binary_cross_entropy";
  static constexpr auto target_name = "labels";
  static constexpr auto target = Target::each;
  static constexpr const char* parameter = nullptr;
  static constexpr auto legal = "a number in [0, 1]";

  template <class T>
  struct Lane {
    explicit Lane(double /*parameter*/) {}
    static bool is_legal(T y) { return y >= T(0) && y <= T(1); }
    void operator()(T s, T y, T& value, T& slope) const {
      // |s| times the probability of the answer that s speaks against; none, however sure s is, costs nothing.
      const T e = exp_nonpositive(-absolute(s)), wrong = s > T(0) ? T(1) - y : y;
      value = (wrong == T(0) ? T(0) : absolute(s)) * wrong + log1p_unit(e);
      slope = (s > T(0) ? T(1) : e) / (T(1) + e) - y;
    }
  };
};

/// The same for labels of -1 and 1, in terms of the margin y s.
struct Logistic {
  static constexpr auto name = "logistic";
  static constexpr auto target_name = "labels";
  static constexpr auto target = Target::each;
  static constexpr const char* parameter = nullptr;
  static constexpr auto legal = "-1 or 1";

  template <class T>
  struct Lane {
    explicit Lane(double /*parameter*/) {}
    static bool is_legal(T y) { return absolute(y) == T(1); }
    void operator()(T s, T y, T& value, T& slope) const {
      const T z = y * s, e = exp_nonpositive(-absolute(z));
      value = (z < T(0) ? -z : T(0)) + log1p_unit(e);
      slope = -y * ((z < T(0) ? T(1) : e) / (T(1) + e));
    }
  };
};

/// The support vector machine: Cortes & Vapnik 1995.
struct Hinge {
  static constexpr auto name = "hinge";
  static constexpr auto target_name = "labels";
  static constexpr auto target = Target::each;
  static constexpr auto parameter = "margin";
  static constexpr auto legal = "-1 or 1";

  template <class T>
  struct Lane {
    T margin;
    explicit Lane(double given) : margin(T(given)) {}
    static bool is_legal(T y) { return absolute(y) == T(1); }
    void operator()(T s, T y, T& value, T& slope) const {
      const T cost = margin - y * s;
      value = cost <= T(0) ? T(0) : cost;
      slope = cost <= T(0) ? T(0) : -y;
    }
  };
};

struct SquaredError {
  static constexpr auto name = "squared_error";
  static constexpr auto target_name = "targets";
  static constexpr auto target = Target::each;
  static constexpr const char* parameter = nullptr;
  static constexpr const char* legal = nullptr;

  template <class T>
  struct Lane {
    explicit Lane(double /*parameter*/) {}
    void operator()(T s, T y, T& value, T& slope) const {
      slope = s - y;
      value = T(0.5) * slope * slope;
    }
  };
};

/// A square that goes on as a line where it is as steep as delta: Huber 1964.
struct Huber {
  static constexpr auto name = "huber";
  static constexpr auto target_name = "targets";
  static constexpr auto target = Target::each;
  static constexpr auto parameter = "delta";
  static constexpr const char* legal = nullptr;

  template <class T>
  struct Lane {
    T delta;
    explicit Lane(double given) : delta(T(given)) {}
    void operator()(T s, T y, T& value, T& slope) const {
      const T d = s - y, far = absolute(d);
      value = far > delta ? delta * (far - T(0.5) * delta) : T(0.5) * d * d;
      slope = d > delta ? delta : d < -delta ? -delta : d;
    }
  };
};

}  // namespace
}  // namespace fastopt::FASTOPT_ISA
