// The contents page of fastopt._core.
#include "bindings.hpp"

PYBIND11_MODULE(_core_of_main, m) {
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

/// What Python calls. In a sub-interpreter pybind11 would wait for the GIL that its own thread holds, for ever.
extern "C" PYBIND11_EXPORT PyObject* PyInit__core() {
  if (PyInterpreterState_Get() == PyInterpreterState_Main()) return PyInit__core_of_main();
  PyErr_SetString(PyExc_ImportError,
                  "fastopt: expected the main interpreter, got a sub-interpreter, in which it cannot be used; "
                  "mod_wsgi uses the main one with WSGIApplicationGroup %{GLOBAL}");
  return nullptr;
}
