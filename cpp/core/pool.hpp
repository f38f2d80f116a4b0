// A few sleeping helpers that share the work of a call.
//
// Not an OpenMP team, for two reasons measured on two cores. An OpenMP region ends when its last thread has
// arrived, so a call waits for a thread that the scheduler has not yet run, milliseconds where another
// library keeps the cores busy; and between regions a team spins, which takes a core from the BLAS between
// two steps (a training step of NumPy became seven times slower). Here the caller starts at once, helpers
// claim what is left when they wake, and a helper that comes too late is not waited for.
#pragma once

namespace fastopt {

/// One share of a job; `context` is the caller's.
using Task = void (*)(const void* context, int part);

/// Run parts 0 to `parts - 1`, each once, on the caller and up to `threads - 1` helpers. If another thread's
/// job has the helpers, the caller does all parts itself. So it does if the helpers are asleep and `wake` is
/// false, unless jobs follow each other at once: waking costs the caller some 30 microseconds.
void run_parts(Task task, const void* context, int parts, int threads, bool wake);

/// The same for f(part).
template <class F>
void run_parts(const F& f, int parts, int threads, bool wake) {
  run_parts([](const void* context, int part) { (*static_cast<const F*>(context))(part); }, &f, parts, threads, wake);
}

}  // namespace fastopt
