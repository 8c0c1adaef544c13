#include "io/docker/docker_api.hpp"

#include <grp.h>
#include <nlohmann/json.hpp>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <system_error>
#include <utility>

namespace reeve::io::docker_api {

namespace {

using nlohmann::json;

constexpr int deepest = 64;
constexpr std::size_t longest_output = 200;
constexpr std::size_t longest_message = 500;
constexpr std::int64_t usual_retries = 3; // of a HEALTHCHECK

bool too_deep(std::string_view text) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (quoted) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      if (++depth > deepest)
        return true;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return false;
}

/// An object, or discarded.
json parse(std::string_view text) {
  if (too_deep(text))
    return json(json::value_t::discarded);
  auto parsed = json::parse(text, nullptr, false);
  return parsed.is_object() ? parsed : json(json::value_t::discarded);
}

const json& at(const json& object, const char* key) {
  static const json nothing;
  if (!object.is_object())
    return nothing;
  auto found = object.find(key);
  return found == object.end() ? nothing : *found;
}

std::string text(const json& object, const char* key) {
  const auto& value = at(object, key);
  return value.is_string() ? value.get<std::string>() : std::string{};
}

bool flag(const json& object, const char* key) {
  const auto& value = at(object, key);
  return value.is_boolean() && value.get<bool>();
}

std::int64_t number(const json& object, const char* key) {
  const auto& value = at(object, key);
  return value.is_number_integer() ? value.get<std::int64_t>() : 0;
}

/// The decimal number at the start of `s`, which is moved behind it.
std::optional<int> take_number(std::string_view& s) {
  int value = 0;
  auto [end, code] = std::from_chars(s.data(), s.data() + s.size(), value);
  if (code != std::errc{} || value < 0)
    return std::nullopt;
  s.remove_prefix(static_cast<std::size_t>(end - s.data()));
  return value;
}

int to_int(const std::string& s) {
  std::string_view rest = s;
  return take_number(rest).value_or(0);
}

bool take_char(std::string_view& s, char c) {
  if (s.empty() || s.front() != c)
    return false;
  s.remove_prefix(1);
  return true;
}

/// The exit codes of an engine fit an int; whatever else comes is cut to fit.
int small(std::int64_t value) {
  return static_cast<int>(std::clamp<std::int64_t>(value, -1'000, 1'000));
}

std::string without_slash(std::string name) {
  if (!name.empty() && name.front() == '/')
    name.erase(0, 1);
  return name;
}

void read_health(const json& found, container_state& state) {
  auto status = text(found, "Status");
  if (status != "starting" && status != "healthy" && status != "unhealthy")
    return;
  state.health = status;
  const auto& log = at(found, "Log");
  if (log.is_array() && !log.empty())
    state.health_output = shortened(text(log.back(), "Output"), longest_output);
}

/// An engine calls unhealthy whatever it does not ask, as during a pause, until a run went well.
/// That says nothing before as many runs have failed as it takes.
bool is_open(const json& health, const json& config) {
  if (text(health, "Status") != "unhealthy" || !at(health, "FailingStreak").is_number_integer())
    return false;
  const auto retries = number(at(config, "Healthcheck"), "Retries");
  return number(health, "FailingStreak") < (retries > 0 ? retries : usual_retries);
}

container_state read_state(const json& found) {
  container_state state;
  state.running = flag(found, "Running");
  state.restarting = flag(found, "Restarting");
  state.paused = flag(found, "Paused");
  state.oom_killed = flag(found, "OOMKilled");
  state.exit_code = small(number(found, "ExitCode"));
  state.started_at = parse_time(text(found, "StartedAt"));
  state.finished_at = parse_time(text(found, "FinishedAt"));
  read_health(at(found, "Health"), state);
  return state;
}

/// "1.41" as 1041; 0 if it is none.
int version_number(std::string_view text) {
  auto major = take_number(text);
  if (!major || !take_char(text, '.'))
    return 0;
  auto minor = take_number(text);
  return minor && *major < 1'000 && *minor < 1'000 && text.empty() ? *major * 1'000 + *minor : 0;
}

/// Seconds east of UTC; none: no zone.
std::optional<int> zone(std::string_view text) {
  if (text == "Z" || text == "z")
    return 0;
  int sign = take_char(text, '-') ? -1 : take_char(text, '+') ? 1 : 0;
  auto hours = take_number(text);
  if (sign == 0 || !hours || *hours > 23 || !take_char(text, ':'))
    return std::nullopt;
  auto minutes = take_number(text);
  if (!minutes || *minutes > 59 || !text.empty())
    return std::nullopt;
  return sign * (*hours * 3'600 + *minutes * 60);
}

/// Milliseconds of a fraction of any length.
int fraction(std::string_view& text) {
  if (!take_char(text, '.'))
    return 0;
  int value = 0;
  int scale = 100;
  while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
    value += (text.front() - '0') * scale;
    scale /= 10;
    text.remove_prefix(1);
  }
  return value;
}

} // namespace

std::optional<event> parse_event(std::string_view line) {
  auto parsed = parse(line);
  auto type = text(parsed, "Type");
  const auto& actor = at(parsed, "Actor");
  event e;
  e.action = text(parsed, "Action");
  e.id = text(actor, "ID");
  if (e.action.empty() || e.id.empty() || type != "container")
    return std::nullopt;
  e.action.resize(std::min(e.action.size(), e.action.find(':')));
  const auto& attributes = at(actor, "Attributes");
  e.name = text(attributes, "name");
  e.old_name = without_slash(text(attributes, "oldName"));
  e.signal = to_int(text(attributes, "signal"));
  e.exit_code = to_int(text(attributes, "exitCode"));
  e.at = std::chrono::sys_time<std::chrono::nanoseconds>{
    std::chrono::nanoseconds{std::max<std::int64_t>(number(parsed, "timeNano"), 0)}};
  return e;
}

std::optional<container> parse_container(std::string_view body) {
  auto parsed = parse(body);
  const auto& state = at(parsed, "State");
  container c;
  c.id = text(parsed, "Id");
  if (c.id.empty() || !state.is_object())
    return std::nullopt;
  c.name = without_slash(text(parsed, "Name"));
  c.stop_signal = parse_signal(text(at(parsed, "Config"), "StopSignal"));
  c.problem = shortened(text(state, "Error"), longest_message);
  c.state = read_state(state);
  c.health_is_open = is_open(at(state, "Health"), at(parsed, "Config"));
  if (c.health_is_open)
    c.state.health = "starting";
  c.state.restart_policy = text(at(at(parsed, "HostConfig"), "RestartPolicy"), "Name");
  return c;
}

std::string choose_version(std::string_view body) {
  constexpr const char* ours = "1.41";
  auto oldest = text(parse(body), "MinAPIVersion");
  return version_number(oldest) > version_number(ours) ? oldest : ours;
}

std::string error_message(std::string_view body) {
  auto message = text(parse(body), "message");
  return shortened(message.empty() ? std::string{body} : message, longest_message);
}

wall_time parse_time(std::string_view text) {
  using namespace std::chrono;
  std::array<int, 6> parts{};
  constexpr std::string_view after = "--T::";
  for (std::size_t i = 0; i < parts.size(); ++i) {
    auto part = take_number(text);
    if (!part || (i < after.size() && !take_char(text, after[i])))
      return {};
    parts[i] = *part;
  }
  auto millis = fraction(text);
  auto offset = zone(text);
  auto day = year{parts[0]} / parts[1] / parts[2];
  bool sane = parts[0] >= 1970 && parts[0] <= 9999 && day.ok() && parts[3] < 24 && parts[4] < 60
              && parts[5] < 61;
  if (!sane || !offset)
    return {};
  return sys_days{day} + hours{parts[3]} + minutes{parts[4]} + seconds{parts[5] - *offset}
         + milliseconds{millis};
}

int parse_signal(std::string_view text) {
  constexpr int usual = SIGTERM;
  auto digits = text;
  if (auto n = take_number(digits); n && digits.empty())
    return *n > 0 && *n <= SIGRTMAX ? *n : usual;
  if (text.starts_with("SIG"))
    text.remove_prefix(3);
  for (int n = 1; n < NSIG; ++n)
    if (const char* name = sigabbrev_np(n); name && text == name)
      return n;
  // The engine counts real-time signals from 34.
  bool from_top = text.starts_with("RTMAX");
  if (!from_top && !text.starts_with("RTMIN"))
    return usual;
  text.remove_prefix(5);
  int base = from_top ? 64 : 34;
  if (text.empty())
    return base;
  bool fits = take_char(text, from_top ? '-' : '+');
  auto step = take_number(text);
  if (!fits || !step || *step > 30 || !text.empty())
    return usual;
  return from_top ? base - *step : base + *step;
}

std::string shortened(std::string_view text, std::size_t bytes) {
  std::string line;
  for (char c : text.substr(0, bytes + 1)) {
    bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    line += control ? ' ' : c;
  }
  bool cut = line.size() > bytes;
  if (cut) {
    auto end = bytes;
    while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xc0) == 0x80)
      --end;
    line.resize(end);
  }
  while (!line.empty() && line.back() == ' ')
    line.pop_back();
  line.erase(0, std::min(line.find_first_not_of(' '), line.size()));
  return line;
}

std::string escaped(std::string_view text) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  std::string out;
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
                 || c == '.' || c == '_' || c == '-';
    if (plain) {
      out += c;
    } else {
      out += '%';
      out += hex[byte >> 4];
      out += hex[byte & 15];
    }
  }
  return out;
}

std::string unreachable_reason(int code, const std::string& socket) {
  if (code == ENOENT)
    return "there is no Docker socket at " + socket + ": start Docker, or set docker.socket";
  if (code == ECONNREFUSED)
    return "nothing answers at " + socket + ": start Docker";
  if (code != EACCES && code != EPERM)
    return "Docker does not answer at " + socket + ": " + std::generic_category().message(code);
  std::string group = "its group";
  struct stat info {};
  std::array<char, 1024> buffer{};
  struct group entry {};
  struct group* found = nullptr;
  if (stat(socket.c_str(), &info) == 0
      && getgrgid_r(info.st_gid, &entry, buffer.data(), buffer.size(), &found) == 0 && found)
    group = std::string{"the group "} + found->gr_name;
  return "no permission to use " + socket + ": add Reeve's user to " + group;
}

} // namespace reeve::io::docker_api
