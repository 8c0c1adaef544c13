#pragma once

#include <caf/fwd.hpp>

#include <string>

namespace reeve::actors {

/// First line of every actor's behaviour function. CAF prints what an actor does not
/// expect to stdout; this sends it to the log instead, under the actor's name:
/// - a message it does not know is logged and dropped (a request gets an error),
/// - an exception ends the actor; its text becomes the exit reason,
/// - a down message is ignored: whoever monitors sets a handler of its own after this.
/// The name is that of its state.
void set_handlers(caf::scheduled_actor* self);
/// For one without a state.
void set_handlers(caf::scheduled_actor* self, const std::string& name);

} // namespace reeve::actors
