#pragma once

#include "config/load.hpp"
#include "supervisor/play/scenario.hpp"
#include "supervisor/tree/service_tree.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace reeve::cli {

// Each command runs to its end and returns the process's exit code. Errors go to stderr.

/// What `reeve` ends with; the same meaning in every command.
struct exit_code {
  static constexpr int ok = 0;
  static constexpr int negative = 1; ///< some unhealthy; refused; not alive
  static constexpr int bad_config = 2;
  static constexpr int no_daemon = 3;      ///< of the commands that ask one
  static constexpr int root_exhausted = 3; ///< of `run`
};

struct run_options {
  std::string config;    ///< empty: see find_config
  std::string state_dir; ///< empty: state is in memory only
  std::string log_level = "info";
  std::string log_format = "text";
};

struct simulate_options {
  std::string config;   ///< empty: see find_config
  std::string scenario; ///< a file
  std::uint64_t seed = 1;
  bool json = false;
};

struct tune_options {
  std::string config; ///< empty: see find_config
  std::string scenario;
  std::string service;
  std::uint64_t seeds = 50;
  double spread = 0.5; ///< `scenario::outage_spread`
  bool json = false;
  std::string html; ///< a file to write; empty: none
};

int run(const run_options& options);
int validate(const std::string& config);
int check(const std::string& config, const std::vector<std::string>& names, bool json);
int show_status(const std::string& config, const std::string& url, bool json);
int give_order(const std::string& config, const std::string& url, const std::string& token_file,
               order o, const std::string& name);
int explain(const std::string& config, const std::string& url, const std::string& name, bool json);
int healthcheck(const std::string& config, const std::string& url);
int simulate(const simulate_options& options);
int tune(const tune_options& options);

/// `given`, else $REEVE_CONFIG, else ./reeve.yaml, else /etc/reeve/reeve.yaml.
std::string find_config(const std::string& given);

/// This process's environment; a variable that is not set is its own name. For what only plays with
/// a config and reaches no service: passwords and tokens do not matter there.
config::environment environment_for_play();

/// Reads `file`; what this host cannot bear for long is among the
/// warnings. Blocks; any thread.
config::load_result load_config(const std::string& file,
                                const config::environment& env = config::process_environment());

/// Loads it and prints every problem to stderr; none: there were some.
std::optional<config::loaded>
load_or_complain(const std::string& given,
                 const config::environment& env = config::process_environment());

/// The same of a scenario for `spec`.
std::optional<scenario> load_scenario_or_complain(const std::string& file, const daemon_spec& spec);

/// A daemon that runs, as its commands reach it.
struct daemon_address {
  std::string url;
  std::string token_file; ///< what its config says; empty: nothing
};

/// `url`, else the first of what the config says to listen on, else, without any config, the
/// default. None: the config does not tell, as stderr says now; whom to ask instead would be a
/// guess.
std::optional<daemon_address> find_daemon_or_complain(const std::string& url,
                                                      const std::string& config);

/// The token in `given`, else in $REEVE_TOKEN_FILE, else, as far as this user may read it, in what
/// the daemon's config says; empty: there is none to send. None: it cannot be read, as stderr says.
std::optional<std::string> find_token_or_complain(const std::string& given,
                                                  const daemon_address& daemon);

} // namespace reeve::cli
