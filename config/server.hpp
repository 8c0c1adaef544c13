#pragma once

#include "config/reader.hpp"
#include "supervisor/specs/daemon_spec.hpp"

namespace reeve::config {

/// `server:`.
void read_server(const reader& from, server_spec& into);

/// Its `listen` alone, whatever else is wrong in it. Without one it complains of unknown keys: they
/// may have been meant for it.
void read_listen(const reader& from, server_spec& into);

/// Its `token_file` alone.
void read_token_file(const reader& from, server_spec& into);

/// `docker:`.
void read_docker_engine(const reader& from, docker_spec& into);

/// `metrics:`.
void read_metrics(const reader& from, std::string& prefix);

} // namespace reeve::config
