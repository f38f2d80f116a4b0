// What a fork copies of threads that do not come along, put right in one place.
//
// A child has one thread, that which forked. Gone are the helpers and all calls of other threads, but not what these
// have written down. So a fork waits for the work that is done without the GIL, and the child finds every step and
// every search whole; and in the child such calls count for nothing.
#pragma once

namespace fastopt {

/// Call once at import. `waits` tells whether a thread that forks is to wait: one that holds the GIL, so that no work
/// begins meanwhile.
void watch_forks(bool (*waits)());

/// Forks between the process that imported this and this one.
int forks();

/// A call works without the GIL, in this order: it begins before it gives up the GIL, ends before it asks for it, and
/// comes back when it has it.
void begin_work();
void end_work();
void come_back();

/// Calls that have begun and are not back.
int calls_away();

}  // namespace fastopt
