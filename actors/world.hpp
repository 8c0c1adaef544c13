#pragma once

#include "actors/handles.hpp"
#include "actors/outside.hpp"
#include "actors/publisher.hpp"
#include "actors/push_inbox.hpp"

#include <caf/send.hpp>

#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace reeve::actors {

/// Where each actor is now. Start functions write it, senders read it.
struct directory {
  std::map<std::string, listener, std::less<>> listeners; ///< all; empty until it is started
  restarter_actor restarter;                              ///< one of them
  supervisor_actor services;
  std::map<std::string, supervisor_actor, std::less<>> groups;
  std::map<std::string, probe_actor, std::less<>> probes;
};

/// What all our actors have in common. It outlives each of them. Loop thread only.
struct world {
  outside out;
  mono_time epoch; ///< when Reeve started: all checks keep their phase from here
  publisher facts;
  directory who;
  push_inbox pushes;

  /// The run level of each service: written by the restarter alone, so that a probe
  /// that comes late can read what it was not there to be told. None: as it was found.
  std::map<std::string, run_level, std::less<>> levels;

  /// Makes the probes those of `now`; the restarter calls it once the service tree
  /// knows them.
  using spec_ptr = std::shared_ptr<const daemon_spec>;
  std::function<void(const spec_ptr& before, const spec_ptr& now)> change_probes;
  std::function<void(const std::string& why)> exhausted; ///< Reeve cannot go on: exit code 3

  run_level level_of(std::string_view service) const {
    const auto found = levels.find(service);
    return found == levels.end() ? run_level{} : found->second;
  }

  /// What outlives Reeve has changed.
  void keep(const remembered& changes) const {
    if (out.remember)
      out.remember(changes, {});
  }

  template <class Message>
  void send_to_probe(std::string_view service, Message m) const {
    if (const auto found = who.probes.find(service); found != who.probes.end() && found->second)
      caf::anon_send(found->second, std::move(m));
  }
};

using world_ptr = std::shared_ptr<world>;

} // namespace reeve::actors
