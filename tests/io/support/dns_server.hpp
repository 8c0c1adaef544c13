#pragma once

#include "io/names/name_files.hpp"
#include "tests/io/support/listener.hpp"
#include "tests/io/support/temp_folder.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace reeve::io::test {

/// A name server that says what it is told, over UDP on a port of its own.
class dns_server {
public:
  enum class manner { good, servfail, refused, silent, garbage, wrong_id };
  enum type : std::uint16_t {
    a = 1,
    ns = 2,
    cname = 5,
    ptr = 12,
    mx = 15,
    txt = 16,
    aaaa = 28,
    srv = 33
  };

  dns_server() {
    fd_ = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    auto address = loopback(0);
    socklen_t size = sizeof address;
    bind(fd_, reinterpret_cast<sockaddr*>(&address), size);
    getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread{[this] { serve(); }};
  }
  ~dns_server() {
    ending_ = true;
    const int waker = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const auto address = loopback(port_);
    sendto(waker, "", 0, 0, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    close(waker);
    thread_.join();
    close(fd_);
  }
  dns_server(const dns_server&) = delete;
  dns_server& operator=(const dns_server&) = delete;

  int port() const {
    return port_;
  }
  std::string address() const {
    return "127.0.0.1:" + std::to_string(port_);
  }

  void behave(manner m) {
    manner_ = m;
  }
  /// A name without records of the type asked for does exist if it has others.
  void add(const std::string& name, type t, std::string data, std::uint32_t ttl = 60) {
    std::lock_guard guard{lock_};
    zone_[name].push_back({t, std::move(data), ttl});
  }
  void add_alias(const std::string& name, const std::string& target, std::uint32_t ttl = 60) {
    add(name, cname, wire(target), ttl);
    std::lock_guard guard{lock_};
    target_of_[name] = target;
  }
  void remove(const std::string& name) {
    std::lock_guard guard{lock_};
    zone_.erase(name);
  }
  /// How often it was asked for this name, whatever the type.
  int asked(const std::string& name) {
    std::lock_guard guard{lock_};
    return asked_[name];
  }

  static std::string number(std::uint16_t n) {
    return {static_cast<char>(n >> 8), static_cast<char>(n & 255)};
  }
  static std::string ip(const std::string& digits) {
    std::string bytes(digits.find(':') == std::string::npos ? 4 : 16, '\0');
    inet_pton(bytes.size() == 4 ? AF_INET : AF_INET6, digits.c_str(), bytes.data());
    return bytes;
  }
  static std::string wire(const std::string& name) {
    std::string bytes;
    for (std::size_t at = 0; at < name.size();) {
      const auto dot = std::min(name.find('.', at), name.size());
      bytes += static_cast<char>(dot - at) + name.substr(at, dot - at);
      at = dot + 1;
    }
    return bytes + '\0';
  }

private:
  struct record {
    type t;
    std::string data;
    std::uint32_t ttl;
  };

  void serve() {
    for (;;) {
      std::string question(512, '\0');
      sockaddr_storage from{};
      socklen_t size = sizeof from;
      const auto n = recvfrom(fd_, question.data(), question.size(), 0,
                              reinterpret_cast<sockaddr*>(&from), &size);
      if (ending_)
        return;
      if (n < 17)
        continue;
      question.resize(static_cast<std::size_t>(n));
      if (const auto answer = answer_to(question); !answer.empty())
        sendto(fd_, answer.data(), answer.size(), 0, reinterpret_cast<sockaddr*>(&from), size);
    }
  }

  std::string answer_to(const std::string& question) {
    std::string name;
    std::size_t at = 12;
    while (question[at] != 0) {
      const auto length = static_cast<std::size_t>(question[at]);
      name += (name.empty() ? "" : ".") + question.substr(at + 1, length);
      at += length + 1;
    }
    name = plain_name(name);
    const auto asked_type = static_cast<unsigned char>(question[at + 2]);
    const auto asked = question.substr(12, at + 5 - 12);

    std::lock_guard guard{lock_};
    ++asked_[name];
    const auto m = manner_.load();
    if (m == manner::silent)
      return {};
    if (m == manner::garbage)
      return question.substr(0, 2) + std::string(60, '\xff');
    auto id = question.substr(0, 2);
    if (m == manner::wrong_id)
      id[0] = static_cast<char>(id[0] ^ 1);
    std::string records;
    std::uint16_t count = 0;
    auto rcode = m == manner::servfail ? '\2' : m == manner::refused ? '\5' : '\0';
    const auto found = zone_.find(name);
    if (rcode == 0 && found == zone_.end())
      rcode = 3;
    const auto tell = [&](const std::string& owner, const std::vector<record>& of) {
      for (const auto& r : of) {
        if (r.t != asked_type && r.t != cname)
          continue;
        ++count;
        records += owner + number(r.t) + number(1) + number(static_cast<std::uint16_t>(r.ttl >> 16))
                   + number(static_cast<std::uint16_t>(r.ttl))
                   + number(static_cast<std::uint16_t>(r.data.size())) + r.data;
      }
    };
    if (rcode == 0)
      tell("\xc0\x0c", found->second);
    const auto target = target_of_.find(name);
    if (rcode == 0 && target != target_of_.end() && zone_.count(target->second) > 0)
      tell(wire(target->second), zone_[target->second]);
    return id + '\x81' + static_cast<char>('\x80' | rcode) + number(1) + number(count) + number(0)
           + number(0) + asked + records;
  }

  int fd_ = -1;
  int port_ = 0;
  std::atomic<bool> ending_ = false;
  std::atomic<manner> manner_ = manner::good;
  std::mutex lock_;
  std::map<std::string, std::vector<record>> zone_;
  std::map<std::string, std::string> target_of_;
  std::map<std::string, int> asked_;
  std::thread thread_;
};

/// The files of a machine that asks only this name server.
inline name_file_paths asking(const temp_folder& folder, const dns_server& server,
                              const std::string& more = "", const std::string& hosts = "") {
  return {folder.file("hosts", hosts),
          folder.file("resolv.conf", "nameserver " + server.address() + "\n" + more)};
}

} // namespace reeve::io::test
