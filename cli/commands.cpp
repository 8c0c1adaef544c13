#include "cli/commands.hpp"

#include "cli/absences.hpp"
#include "cli/table.hpp"
#include "cli/windows.hpp"
#include "config/connections.hpp"
#include "config/scenario.hpp"
#include "http/client.hpp"
#include "http/pages/token_file.hpp"
#include "supervisor/restarts/stop_order.hpp"
#include "supervisor/text.hpp"

#include <algorithm>
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
    std::cerr << printable(to_string(problem)) << '\n';
  return std::nullopt;
}

void print_warnings(const std::vector<config::problem>& warnings) {
  for (const auto& warning : warnings)
    std::cerr << "warning: " << printable(to_string(warning)) << '\n';
}

// Empty: nobody named one.
std::string named_config(const std::string& given) {
  const char* named = std::getenv("REEVE_CONFIG");
  return given.empty() && named != nullptr ? named : given;
}

std::string url_of(const server_spec& server) {
  const auto known = std::find_if(server.listen.begin(), server.listen.end(), [](const auto& one) {
    return one.port != 0 || !one.unix_socket.empty();
  });
  auto at = known != server.listen.end() ? *known : server.listen.front();
  if (!at.unix_socket.empty())
    return to_string(at);
  // What listens everywhere is reached here.
  if (at.host.empty() || at.host == "0.0.0.0" || at.host == "::")
    at.host = "127.0.0.1";
  return "http://" + to_string(at);
}

} // namespace

std::string find_config(const std::string& given) {
  if (auto named = named_config(given); !named.empty())
    return named;
  std::error_code ignored;
  return std::filesystem::exists("reeve.yaml", ignored) ? "reeve.yaml" : "/etc/reeve/reeve.yaml";
}

config::load_result load_config(const std::string& file, const config::environment& env) {
  auto read = config::load_file(file, env);
  if (auto* good = std::get_if<config::loaded>(&read))
    for (auto& sentence : config::connection_warnings(good->spec, read_connection_table()))
      good->warnings.push_back({file, 0, 0, "", std::move(sentence)});
  return read;
}

config::environment environment_for_play() {
  return [real = config::process_environment()](const std::string& name) {
    const auto value = real(name);
    return value ? value : std::optional{name};
  };
}

std::optional<config::loaded> load_or_complain(const std::string& given,
                                               const config::environment& env) {
  const auto file = find_config(given);
  std::error_code failed;
  if (given.empty() && !std::filesystem::exists(file, failed) && !failed) {
    const bool named = !named_config(given).empty();
    std::cerr << "no config file "
              << (named ? file + ", which $REEVE_CONFIG names" : "./reeve.yaml or " + file)
              << "; give one with -c\n";
    return std::nullopt;
  }
  return good_or_complain(load_config(file, env));
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

std::optional<daemon_address> find_daemon_or_complain(const std::string& url,
                                                      const std::string& config) {
  if (!url.empty())
    return daemon_address{url, ""};
  const auto file = find_config(config);
  std::error_code failed;
  if (named_config(config).empty() && !std::filesystem::exists(file, failed) && !failed)
    return daemon_address{url_of({}), ""};
  const auto read = config::load_listen(file, config::process_environment());
  if (const auto* server = std::get_if<server_spec>(&read))
    return daemon_address{url_of(*server), server->token_file};
  std::cerr << "cannot tell where Reeve listens: "
            << printable(to_string(std::get<config::problem>(read)))
            << "; mend it, or give --url\n";
  return std::nullopt;
}

std::optional<std::string> find_token_or_complain(const std::string& given,
                                                  const daemon_address& daemon) {
  const char* named = std::getenv("REEVE_TOKEN_FILE");
  const auto wanted = given.empty() && named != nullptr ? named : given;
  const auto token = http::read_token(wanted.empty() ? daemon.token_file : wanted);
  if (token)
    return *token;
  if (wanted.empty())
    return "";
  std::cerr << token.sentence() << '\n';
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
  std::cout << "  stopping takes up to " << describe(longest) << ": give TimeoutStopSec=" << granted
            << " (systemd), stop_grace_period: " << granted << "s (compose)\n";
}

} // namespace

int validate(const std::string& given) {
  auto good = load_or_complain(given);
  if (!good)
    return exit_code::bad_config;
  for (const auto& absence : find_absences(good->spec))
    good->warnings.push_back({find_config(given), 0, 0, "", to_string(absence)});
  print_warnings(good->warnings);
  std::cout << find_config(given) << ": good, " << counted(good->spec.services.size(), "service");
  if (!good->warnings.empty())
    std::cout << ", " << counted(good->warnings.size(), "warning");
  std::cout << '\n' << windows_text(good->spec);
  print_shutdown(good->spec);
  return exit_code::ok;
}

int healthcheck(const std::string& config, const std::string& url) {
  const auto daemon = find_daemon_or_complain(url, config);
  if (!daemon && !config.empty())
    return exit_code::negative;
  // In the image a file that was broken since must not make a daemon that works look dead.
  const auto base = daemon ? daemon->url : url_of({});
  auto answer = http::ask(base, "GET", "/livez", std::chrono::seconds{3});
  if (!answer) {
    std::cerr << answer.sentence() << '\n';
    return exit_code::negative;
  }
  if (answer->status != 200) {
    std::cerr << "reeve does not answer as it should: " << printable(answer->body) << '\n';
    return exit_code::negative;
  }
  return exit_code::ok;
}

} // namespace reeve::cli
