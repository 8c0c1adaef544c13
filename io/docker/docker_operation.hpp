#pragma once

#include "io/docker/docker_api.hpp"

#include <chrono>
#include <string>

namespace reeve::io {

/// What is to be done to a container, and whether it has been: by its state before and after.
struct docker_operation {
  enum class kind { start, stop, restart };

  kind what = kind::start;
  std::string container;
  std::chrono::milliseconds stop_timeout{0};

  /// Whether there is something to do.
  bool needed(const docker_api::container& before) const;
  /// The request, below the API's version.
  std::string path(const docker_api::container& before) const;
  /// How long to wait for the reply: longer than the engine waits for the container.
  std::chrono::milliseconds patience() const;
  bool achieved(const docker_api::container& before, const docker_api::container& after) const;
  /// Why it was not. `refusal`: what the engine said; empty: nothing bad.
  std::string failure(const docker_api::container& after, const std::string& refusal) const;
};

} // namespace reeve::io
