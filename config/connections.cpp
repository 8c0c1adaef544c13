#include "config/connections.hpp"

#include "config/url.hpp"
#include "supervisor/text.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace reeve::config {
namespace {

constexpr int runs_of_a_kept_connection = 10;
constexpr int ephemeral_ports = 28'232; // Linux' default
constexpr int time_wait_seconds = 60;

std::string host_of(std::string_view url) {
  const auto begin = scheme_of(url).size() + 3;
  const auto end = std::min(url.find_first_of("/?#", begin), url.size());
  const auto authority = url.substr(begin, end - begin);
  return std::string{authority.substr(authority.rfind('@') + 1)};
}

double opened(connection_use use) {
  return use == connection_use::fresh ? 1 : 1.0 / runs_of_a_kept_connection;
}

double opened(const http_check& check) {
  return check.max_redirects > 0 ? 1 : opened(check.connection);
}

struct opening {
  double each_run = 0;
  std::string address;
};

// Sockets in the file system and what needs no connection open none.
opening opened_by(const check_target& target) {
  if (const auto* http = std::get_if<http_check>(&target); http && http->unix_socket.empty())
    return {opened(*http), host_of(http->url)};
  if (const auto* tcp = std::get_if<tcp_check>(&target); tcp && tcp->unix_socket.empty())
    return {1, tcp->host + ":" + std::to_string(tcp->port)};
  if (const auto* redis = std::get_if<redis_check>(&target); redis && redis->unix_socket.empty())
    return {opened(redis->connection), redis->host + ":" + std::to_string(redis->port)};
  if (const auto* postgres = std::get_if<postgres_check>(&target)) {
    const auto host = host_of(postgres->url);
    if (!host.empty() && host.front() != '%') // else a socket
      return {opened(postgres->connection), host};
  }
  return {};
}

std::map<std::string, double> rates(const daemon_spec& spec) {
  std::map<std::string, double> all;
  for (const auto& service : spec.services) {
    for (const auto& check : service.checks) {
      const auto made = opened_by(check.target);
      if (made.each_run > 0 && check.interval.count() > 0)
        all[made.address] += made.each_run * 1'000 / static_cast<double>(check.interval.count());
    }
  }
  return all;
}

std::string rounded(double number) {
  return std::to_string(std::llround(number));
}

} // namespace

double connections_per_second(const daemon_spec& spec) {
  double sum = 0;
  for (const auto& [address, rate] : rates(spec))
    sum += rate;
  return sum;
}

std::vector<std::string> connection_warnings(const daemon_spec& spec,
                                             const std::optional<connection_table>& table) {
  std::vector<std::string> all;
  const auto rate = connections_per_second(spec);
  const auto held = table ? rate * static_cast<double>(table->remembers.count()) : 0;
  if (table && held > static_cast<double>(table->entries) / 2)
    all.push_back("the checks open " + rounded(rate)
                  + " connections a second, and this host's connection tracking remembers each for "
                  + describe(table->remembers) + " after its end: " + rounded(held)
                  + " entries, more than half of the " + std::to_string(table->entries)
                  + " it holds; when it is full, everybody's new connections are dropped. Raise "
                    "net.netfilter.nf_conntrack_max, take longer intervals, or write "
                    "'connection: kept'");
  for (const auto& [address, each] : rates(spec))
    if (each * time_wait_seconds > ephemeral_ports)
      all.push_back("the checks open " + rounded(each) + " connections a second to '" + address
                    + "', and a host has ports for "
                    + std::to_string(ephemeral_ports / time_wait_seconds)
                    + "; take longer intervals, or write 'connection: kept'");
  return all;
}

} // namespace reeve::config
