#pragma once

#include "actors/caf/supervisor_actor.hpp"
#include "actors/news.hpp"
#include "io/docker/docker_engine.hpp"
#include "supervisor/checks/check_outcome.hpp"
#include "supervisor/checks/push_deadline.hpp"
#include "supervisor/specs/service_spec.hpp"
#include "supervisor/time.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace reeve::actors {

// Who may say what to whom. Facts are past tense, orders imperative, questions
// `get_...` or `are_you_there`. Supervisors' messages: supervisor_actor.hpp.

// -- anyone who listens to facts ----------------------------------------------

struct facts_wait {}; ///< in the listener's journal

struct are_you_there {}; ///< for /livez
struct here_i_am {};     ///< the answer
using listener =
  caf::typed_actor<caf::reacts_to<facts_wait>, caf::replies_to<are_you_there>::with<here_i_am>>;

// -- restarter ------------------------------------------------------------------

struct hear_orders {};     ///< a person's order waits in its memory
struct operation_ended {}; ///< an operation in its ledger has an outcome, or waits
struct close_down {};      ///< order nothing more: Reeve is stopping
/// To itself: the service tree had something due then, and may have still.
struct tree_due {
  mono_time at;
};
/// A last look at a service, before the restart that it waits for, did not find it well.
struct still_sick {
  std::string service;
  std::uint32_t incarnation = 0;
};
struct pressure_changed {}; ///< of the host
using restarter_actor =
  listener::extend<caf::reacts_to<hear_orders>, caf::reacts_to<operation_ended>,
                   caf::reacts_to<close_down>, caf::reacts_to<tree_due>, caf::reacts_to<still_sick>,
                   caf::reacts_to<pressure_changed>>;

// -- probe ------------------------------------------------------------------------

/// How the restarter wants a service to be seen. A level, not an event: it says all,
/// so a lost or doubled one does no harm.
struct run_level {
  enum class phase {
    up,       ///< as it is: look for yourself
    changing, ///< being stopped or started by us: rest
    resting,  ///< meant to be down (stopped by a person, ended): rest, and health is unknown
  };
  phase what = phase::up;
  std::uint32_t incarnation = 0;
  std::string reason;               ///< of `resting`
  std::optional<mono_time> started; ///< when we started it last

  bool operator==(const run_level&) const = default;
};

/// The run level differs from before.
struct run_changed {
  run_level now;
};
/// To itself: the check that waits for this round is due; an old round is void.
struct check_due {
  std::uint64_t round = 0;
};
/// A run of a check came to its end.
struct check_answered {
  std::uint64_t run = 0;
  check_outcome outcome;
};
/// Check it now: a restart of this run is due. Answer with `still_sick` if it is not well.
struct look_again {
  std::uint32_t incarnation = 0;
};
struct child_ended {}; ///< its process may have ended: read how it stands
/// Its container, as the engine tells.
struct container_told {
  io::container_fact what;
};
/// The service pushed: how things stand with this token after it.
struct push_received {
  std::string token;
  push_record now;
};
/// The service's part of the config changed.
struct respec {
  std::shared_ptr<const service_spec> spec;
};
struct begin_work {}; ///< to itself, when a probe that crashed has waited long enough
using probe_actor = caf::typed_actor<
  caf::reacts_to<run_changed>, caf::reacts_to<check_due>, caf::reacts_to<check_answered>,
  caf::reacts_to<look_again>, caf::reacts_to<child_ended>, caf::reacts_to<container_told>,
  caf::reacts_to<push_received>, caf::reacts_to<respec>, caf::reacts_to<begin_work>>;

} // namespace reeve::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(reeve::actors::facts_wait)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(reeve::actors::are_you_there)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(reeve::actors::here_i_am)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(reeve::actors::hear_orders)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(reeve::actors::operation_ended)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(reeve::actors::close_down)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(reeve::actors::tree_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(reeve::actors::run_changed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(reeve::actors::check_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(reeve::actors::check_answered)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(reeve::actors::look_again)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(reeve::actors::still_sick)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(reeve::actors::pressure_changed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(reeve::actors::child_ended)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(reeve::actors::container_told)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(reeve::actors::push_received)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(reeve::actors::respec)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(reeve::actors::begin_work)
