// LBFGSpp for ctypes: minimises until the function, or its own line search, stops it.
#include <LBFGS.h>

#include <exception>

using Vector = Eigen::VectorXd;

/// Writes value and gradient at x; anything but 0 stops.
using Function = int (*)(const double* x, double* gradient, double* value);

struct Stopped : std::exception {};

/// From x to the last point. Returns whether it ended without an exception.
extern "C" int descend(Function function, double* x, int n, int memory) {
  LBFGSpp::LBFGSParam<double> options;
  options.m = memory;
  options.linesearch = LBFGSpp::LBFGS_LINESEARCH_BACKTRACKING_STRONG_WOLFE;
  options.epsilon = 0;
  options.epsilon_rel = 0;
  options.max_iterations = 0;
  LBFGSpp::LBFGSSolver<double, LBFGSpp::LineSearchNocedalWright> solver(options);
  auto evaluate = [function](const Vector& at, Vector& gradient) {
    double value = 0;
    if (function(at.data(), gradient.data(), &value) != 0) throw Stopped();
    return value;
  };
  Eigen::Map<Vector> given(x, n);
  Vector point = given;
  double value = 0;
  try {
    solver.minimize(evaluate, point, value);
  } catch (const std::exception&) {
    return 0;
  }
  given = point;
  return 1;
}
