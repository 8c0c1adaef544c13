#include "cli/commands.hpp"

#include "cli/table.hpp"
#include "config/connections.hpp"
#include "config/scenario.hpp"
#include "http/client.hpp"
#include "supervisor/stop_order.hpp"
#include "supervisor/text.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>

namespace reeve::cli {

namespace {

std::optional<std::int64_t> read_number(const char* file) {
  std::int64_t number = 0;
  return std::ifstream{file} >> number ? std::optional{number} : std::nullopt;
}

// None where the kernel tracks no connections.
std::optional<config::connection_table> read_connection_table() {
  const auto entries = read_number("/proc/sys/net/netfilter/nf_conntrack_max");
  if (!entries)
    return std::nullopt;
  config::connection_table table{*entries};
  if (auto time = read_number("/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_time_wait"))
    table.remembers = std::chrono::seconds{*time};
  return table;
}

template <class Good>
std::optional<Good> good_or_complain(std::variant<Good, std::vector<config::problem>> read) {
  if (auto* good = std::get_if<Good>(&read))
    return std::move(*good);
  for (const auto& problem : std::get<1>(read))
    std::cerr << to_string(problem) << '\n';
  return std::nullopt;
}

void print_warnings(const std::vector<config::problem>& warnings) {
  for (const auto& warning : warnings)
    std::cerr << "warning: " << to_string(warning) << '\n';
}

// Empty: nobody named one.
std::string named_config(const std::string& given) {
  const char* named = std::getenv("REEVE_CONFIG");
  return given.empty() && named != nullptr ? named : given;
}

std::string url_of(server_spec server) {
  // What listens everywhere is reached here.
  if (server.host.empty() || server.host == "0.0.0.0" || server.host == "::")
    server.host = "127.0.0.1";
  const bool v6 = server.host.find(':') != std::string::npos;
  return "http://" + (v6 ? "[" + server.host + "]" : server.host) + ":"
         + std::to_string(server.port);
}

} // namespace

std::string find_config(const std::string& given) {
  if (auto named = named_config(given); !named.empty())
    return named;
  std::error_code ignored;
  return std::filesystem::exists("reeve.yaml", ignored) ? "reeve.yaml" : "/etc/reeve/reeve.yaml";
}

config::load_result load_config(const std::string& file) {
  auto read = config::load_file(file, config::process_environment());
  if (auto* good = std::get_if<config::loaded>(&read))
    for (auto& sentence : config::connection_warnings(good->spec, read_connection_table()))
      good->warnings.push_back({file, 0, 0, "", std::move(sentence)});
  return read;
}

std::optional<config::loaded> load_or_complain(const std::string& given) {
  const auto file = find_config(given);
  std::error_code failed;
  if (given.empty() && !std::filesystem::exists(file, failed) && !failed) {
    std::cerr << "no config file " << file << ": give one with -c\n";
    return std::nullopt;
  }
  return good_or_complain(load_config(file));
}

std::optional<scenario> load_scenario_or_complain(const std::string& file,
                                                  const daemon_spec& spec) {
  auto good =
    good_or_complain(config::load_scenario_file(file, spec, config::process_environment()));
  if (!good)
    return std::nullopt;
  print_warnings(good->warnings);
  return std::move(good->played);
}

std::optional<std::string> daemon_url_or_complain(const std::string& url,
                                                  const std::string& config) {
  if (!url.empty())
    return url;
  const auto file = find_config(config);
  std::error_code failed;
  if (named_config(config).empty() && !std::filesystem::exists(file, failed) && !failed)
    return url_of({});
  const auto read = config::load_listen(file, config::process_environment());
  if (const auto* server = std::get_if<server_spec>(&read))
    return url_of(*server);
  std::cerr << "cannot tell where Reeve listens: " << to_string(std::get<config::problem>(read))
            << "; mend it, or give --url\n";
  return std::nullopt;
}

namespace {

/// What the service manager above must grant Reeve's end, with a little for that manager's own.
void print_shutdown(const daemon_spec& spec) {
  const auto longest = longest_shutdown(spec);
  if (longest.count() == 0)
    return;
  const auto granted = std::to_string(
    (std::chrono::ceil<std::chrono::seconds>(longest) + std::chrono::seconds{3}).count());
  std::cout << "stopping takes up to " << describe(longest) << ": give TimeoutStopSec=" << granted
            << " (systemd), stop_grace_period: " << granted << "s (compose)\n";
}

} // namespace

int validate(const std::string& given) {
  auto good = load_or_complain(given);
  if (!good)
    return exit_code::bad_config;
  print_warnings(good->warnings);
  std::cout << find_config(given) << ": good, " << counted(good->spec.services.size(), "service");
  if (!good->warnings.empty())
    std::cout << ", " << counted(good->warnings.size(), "warning");
  std::cout << '\n';
  print_shutdown(good->spec);
  return exit_code::ok;
}

int healthcheck(const std::string& config, const std::string& url) {
  const auto base = daemon_url_or_complain(url, config);
  if (!base && !config.empty())
    return exit_code::negative;
  // In the image a file that was broken since must not make a daemon that works look dead.
  auto answer = http::ask(base.value_or(url_of({})), "GET", "/livez", std::chrono::seconds{3});
  if (!answer) {
    std::cerr << answer.sentence() << '\n';
    return exit_code::negative;
  }
  if (answer->status != 200) {
    std::cerr << "reeve does not answer as it should: " << answer->body << '\n';
    return exit_code::negative;
  }
  return exit_code::ok;
}

} // namespace reeve::cli
