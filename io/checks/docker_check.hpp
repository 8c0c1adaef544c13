#pragma once

#include "io/checks/check.hpp"
#include "supervisor/specs/service_spec.hpp"

#include <chrono>
#include <memory>

namespace reeve::io {

class docker_engine;
class loop;

/// The check of kind `docker`: healthy while the container runs and its HEALTHCHECK, if it has
/// one, says so. A HEALTHCHECK that is still starting says nothing. `engine` may be null.
std::unique_ptr<check> make_docker_check(loop& l, docker_engine* engine, const docker_check& target,
                                         std::chrono::milliseconds timeout);

} // namespace reeve::io
