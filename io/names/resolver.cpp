#include "io/names/resolver.hpp"

#include "io/loop/loop.hpp"
#include "io/loop/own_limits.hpp"
#include "supervisor/time.hpp"

#define CARES_NO_DEPRECATED // its newer calls are not in Debian 12
#include <ares.h>
#include <errno.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <unordered_map>
#include <utility>

namespace reeve::io {

namespace {

using std::chrono::seconds;

constexpr std::size_t most_kept = 4'096; // names; then all are dropped
constexpr seconds kept_least{1};
constexpr std::chrono::milliseconds patience{100}; // with the name files, when they are known
constexpr seconds kept_longest{30};

resolution could_not_ask(const std::string& host, const std::string& why) {
  return {resolution::kind::could_not_ask, {}, "cannot resolve host '" + host + "': " + why};
}

resolution no_descriptor(int os_error) {
  return {resolution::kind::could_not_ask, {}, ran_out(os_error)->reason, true};
}

resolution not_found(const std::string& host, int status) {
  if (out_of_descriptors())
    return no_descriptor(EMFILE);
  switch (status) {
  case ARES_ENOTFOUND:
  case ARES_ENODATA:
  case ARES_ENONAME:
  case ARES_EBADNAME: // not a name at all
    return {resolution::kind::no_such_host, {}, "cannot resolve host '" + host + "'"};
  case ARES_ETIMEOUT:
    return could_not_ask(host, "the name server does not answer");
  case ARES_ECONNREFUSED:
    return could_not_ask(host, "no name server gives an answer");
  case ARES_EBADRESP: // told at once by c-ares 1.34; older ones wait for a better answer
    return could_not_ask(host, "the name server sent an answer that cannot be read");
  default:
    return could_not_ask(host, std::string{"the name server says: "} + ares_strerror(status));
  }
}

resolution taken_from(const ares_addrinfo& found) {
  resolution r;
  for (const auto* a = found.nodes; a != nullptr; a = a->ai_next)
    std::memcpy(&r.addresses.emplace_back(), a->ai_addr, a->ai_addrlen);
  return r;
}

seconds time_to_live(const ares_addrinfo& found) {
  int shortest = static_cast<int>(kept_longest.count());
  for (const auto* a = found.nodes; a != nullptr; a = a->ai_next)
    shortest = std::min(shortest, a->ai_ttl);
  for (const auto* c = found.cnames; c != nullptr; c = c->next)
    shortest = std::min(shortest, c->ttl);
  return std::max(kept_least, seconds{shortest});
}

} // namespace

struct lookup::state {
  std::string host;
  int port = 0;
  std::function<void(resolution)> done;
};

struct resolver::state : std::enable_shared_from_this<state> {
  using waiting_lookup = std::weak_ptr<lookup::state>;
  struct kept_answer {
    std::vector<sockaddr_storage> addresses;
    mono_time until;
  };
  /// What is made in the background of the files.
  struct reading {
    std::string version;
    result<name_files> files = name_files{};
    std::unique_ptr<name_channel> channel;
  };
  struct query {
    state& owner;
    std::string host;
  };

  state(loop& l, name_file_paths files, std::chrono::milliseconds again)
      : home{l}, paths{std::move(files)}, look_again{again} {
  }

  loop& home;
  name_file_paths paths;
  std::chrono::milliseconds look_again;

  name_files known;
  std::unique_ptr<name_channel> channel; ///< null: nobody can be asked, and `problem` says why
  std::string problem;
  std::string version; ///< of the files
  mono_time looked{};
  bool is_reading = false;
  bool late = false; ///< that takes so long that nobody waits for it
  loop::timer_id late_timer = 0;
  bool closing = false;
  std::vector<loop::task> after_reading;

  std::unordered_map<std::string, kept_answer> kept;
  std::unordered_map<std::string, std::vector<waiting_lookup>> asked;

  /// Runs `t` once the files are known as they are now.
  void when_known(loop::task t);
  void read_files();
  void take(reading r);
  void go_on();
  void look_up(const std::shared_ptr<lookup::state>& l);
  void ask(const std::string& host);
  void answered(const std::string& host, const resolution& r);
  void tell(std::vector<waiting_lookup> all, resolution r);
  static void on_addresses(void* q, int status, int, ares_addrinfo* found);
};

void resolver::state::when_known(loop::task t) {
  const auto now = home.now();
  if (!is_reading && (looked == mono_time{} || now - looked >= look_again)) {
    looked = now;
    read_files();
  }
  if (is_reading && !late)
    after_reading.push_back(std::move(t));
  else
    t();
}

/// If they changed. What is known holds when that takes too long.
void resolver::state::read_files() {
  is_reading = true;
  auto r = std::make_shared<reading>();
  home.in_background(
    "name files",
    [r, &l = home, from = paths, known_version = version] {
      r->version = version_of(from);
      if (r->version == known_version)
        return;
      r->files = read_name_files(from);
      if (r->files && !r->files->servers.empty())
        r->channel =
          std::make_unique<name_channel>(l, name_servers{r->files->servers, from.resolv_conf});
    },
    [r, self = weak_from_this()] {
      if (const auto s = self.lock())
        s->take(std::move(*r));
    });
  if (!version.empty())
    late_timer = home.call_after(patience, [self = weak_from_this()] {
      if (const auto s = self.lock()) {
        s->late = true;
        s->go_on();
      }
    });
}

void resolver::state::take(reading r) {
  is_reading = late = false;
  home.cancel(late_timer);
  if (r.version == version && !version.empty())
    return go_on();
  if (r.files && (r.channel == nullptr || r.channel->raw() != nullptr)) {
    version = std::move(r.version);
    known = std::move(*r.files);
    kept.clear();
    problem = "no name server is given in '" + paths.resolv_conf + "'";
    std::swap(channel, r.channel); // whom the old one still owes an answer asks the new one
  } else if (channel == nullptr) {
    problem = r.files ? "out of memory" : r.files.sentence();
  }
  r.channel.reset();
  go_on();
}

void resolver::state::go_on() {
  for (const auto& t : std::exchange(after_reading, {}))
    t();
}

void resolver::state::look_up(const std::shared_ptr<lookup::state>& l) {
  const auto name = plain_name(l->host);
  if (const auto literal = literal_address(l->host, l->port))
    return tell({l}, {resolution::kind::found, {*literal}, ""});
  if (const auto found = known.hosts.find(name); found != known.hosts.end())
    return tell({l}, {resolution::kind::found, found->second, ""});
  if (const auto found = kept.find(l->host); found != kept.end()) {
    if (home.now() < found->second.until)
      return tell({l}, {resolution::kind::found, found->second.addresses, ""});
    kept.erase(found);
  }
  auto& waiting = asked[l->host];
  waiting.push_back(l);
  if (waiting.size() == 1)
    ask(l->host);
}

void resolver::state::ask(const std::string& host) {
  if (const int error = spare_descriptor_error(); error != 0)
    return answered(host, no_descriptor(error));
  if (channel == nullptr)
    return answered(host, could_not_ask(host, problem));
  ares_addrinfo_hints hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  ares_getaddrinfo(channel->raw(), host.c_str(), nullptr, &hints, &on_addresses,
                   new query{*this, host});
  channel->set_timer();
}

void resolver::state::on_addresses(void* q, int status, int, ares_addrinfo* found) {
  const std::unique_ptr<query> of{static_cast<query*>(q)};
  auto& self = of->owner;
  if (status == ARES_EDESTRUCTION)
    return self.closing ? void() : self.ask(of->host);
  if (status != ARES_SUCCESS || found == nullptr || found->nodes == nullptr) {
    self.answered(of->host, not_found(of->host, status == ARES_SUCCESS ? ARES_ENODATA : status));
  } else {
    if (self.kept.size() >= most_kept)
      self.kept.clear();
    auto r = taken_from(*found);
    self.kept[of->host] = {r.addresses, self.home.now() + time_to_live(*found)};
    self.answered(of->host, r);
  }
  ares_freeaddrinfo(found);
}

void resolver::state::answered(const std::string& host, const resolution& r) {
  const auto waiting = asked.extract(host);
  if (!waiting.empty())
    tell(waiting.mapped(), r);
}

/// Later, for it may be that a lookup is just being made, or an answer taken in.
void resolver::state::tell(std::vector<waiting_lookup> all, resolution r) {
  home.post([all = std::move(all), r = std::move(r)] {
    for (const auto& one : all) {
      const auto l = one.lock();
      const auto done = l ? std::exchange(l->done, nullptr) : nullptr;
      if (!done)
        continue;
      auto copy = r;
      for (auto& a : copy.addresses) // the port of both families is in the same place
        reinterpret_cast<sockaddr_in&>(a).sin_port = htons(static_cast<std::uint16_t>(l->port));
      done(std::move(copy));
    }
  });
}

resolver::resolver(loop& l, name_file_paths files, std::chrono::milliseconds look_again)
    : state_{std::make_shared<state>(l, std::move(files), look_again)} {
}

resolver::~resolver() {
  state_->closing = true;
  state_->channel.reset();
}

void resolver::forget(const std::string& host) {
  state_->kept.erase(host);
}

void resolver::ask_records(const std::string& name, int type, records done) {
  auto& s = *state_;
  s.when_known([&s, name, type, done = std::move(done)] {
    if (s.channel == nullptr)
      return s.home.post([done, why = s.problem] { done(why, 0, {}); });
    s.channel->ask(name, type,
                   [done](int status, const std::string& message) { done({}, status, message); });
  });
}

lookup::lookup(resolver& names, const std::string& host, int port,
               std::function<void(resolution)> done)
    : state_{std::make_shared<state>(state{host, port, std::move(done)})} {
  auto& s = *names.state_;
  s.when_known([&s, l = std::weak_ptr{state_}] {
    if (const auto still = l.lock())
      s.look_up(still);
  });
}

lookup::~lookup() = default;

} // namespace reeve::io
