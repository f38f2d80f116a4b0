// The contents page of fastopt._core.
#include "bindings.hpp"

PYBIND11_MODULE(_core, m) {
  m.doc() = "The compiled core of fastopt. Private: the public doors are fastopt and its modules.";
  fastopt::bindings::bind_runtime(m);
  fastopt::bindings::bind_rules(m);
  fastopt::bindings::bind_structure(m);
  fastopt::bindings::bind_apply(m);
  fastopt::bindings::bind_plan(m);
  fastopt::bindings::bind_losses(m);
  fastopt::bindings::bind_descent(m);
  fastopt::bindings::bind_batch(m);
  fastopt::bindings::bind_line_search(m);
  fastopt::bindings::bind_penalties(m);
  fastopt::bindings::bind_dense(m);
}
