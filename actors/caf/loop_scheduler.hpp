#pragma once

#include "io/loop/loop.hpp"

#include <caf/actor_system_config.hpp>

namespace reeve::actors {

/// Makes `loop` the scheduler of an actor system built from this: actors are resumed
/// on the thread that runs the loop, between its I/O: for 2 ms at once, or a thousand
/// of them, with 64 messages each. A handler that holds the loop for more than
/// 20 ms is named in the log, once a second at most.
///
/// The system may be built before the loop runs, and be destroyed while it runs on
/// another thread, or not at all. Its destructor waits for all actors to end: where
/// nothing runs the loop any more, end them with `run_ready` first. Never destroy it
/// from an actor's handler. The loop must outlive it.
class loop_system_config : public caf::actor_system_config {
public:
  explicit loop_system_config(io::loop& loop);
};

/// Resumes actors on the calling thread until none has anything to do now.
/// REQUIRES: nothing runs the loop, or this is its thread, outside of any actor.
void run_ready(caf::actor_system& system);

} // namespace reeve::actors
