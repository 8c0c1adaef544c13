#include "config/process.hpp"

#include "config/shown_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>

namespace reeve::config {
namespace {

struct signal_name {
  std::string_view name;
  int number;
};

// Those that ask a process to end; stopping, continuing and the like do not.
constexpr std::array signals{
  signal_name{"TERM", SIGTERM}, signal_name{"INT", SIGINT},     signal_name{"QUIT", SIGQUIT},
  signal_name{"HUP", SIGHUP},   signal_name{"KILL", SIGKILL},   signal_name{"USR1", SIGUSR1},
  signal_name{"USR2", SIGUSR2}, signal_name{"ABRT", SIGABRT},   signal_name{"ALRM", SIGALRM},
  signal_name{"PIPE", SIGPIPE}, signal_name{"WINCH", SIGWINCH},
};
constexpr int highest_signal = 64;
constexpr std::chrono::milliseconds shortest_start{100};

std::optional<int> signal_number(std::string_view text) {
  int number = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault == std::errc{} && end == text.data() + text.size())
    return number >= 1 && number <= highest_signal ? std::optional{number} : std::nullopt;
  if (text.substr(0, 3) == "SIG")
    text.remove_prefix(3);
  const auto found = std::find_if(signals.begin(), signals.end(),
                                  [&](const signal_name& s) { return s.name == text; });
  return found == signals.end() ? std::nullopt : std::optional{found->number};
}

void read_signal(const reader& from, int& into) {
  const auto text = from.text();
  if (!text)
    return;
  std::vector<std::string> names;
  names.reserve(std::size(signals));
  for (const auto& s : signals)
    names.emplace_back(s.name);
  if (const auto number = signal_number(*text))
    into = *number;
  else
    from.fail(from.quoted_text() + " is no signal that ends a process; write " + alternatives(names)
              + ", or a number from 1 to 64");
}

void read_env(const reader& from, std::map<std::string, std::string>& into) {
  for (const auto& [name, value] : from.entries()) {
    if (name.empty() || name.find('=') != name.npos)
      value.fail(in_quotes(name) + " is no name of an environment variable");
    if (auto text = value.text(reader::empty::allowed))
      into[name] = std::move(*text);
  }
}

} // namespace

process_spec read_process(const reader& from) {
  process_spec made;
  fields f{from};
  if (const auto command = f.find("command"))
    made.command = command->command();
  else if (from.is_map())
    from.fail("needs 'command'");
  f.text("cwd", made.cwd);
  if (const auto env = f.find("env"))
    read_env(*env, made.env);
  if (const auto signal = f.find("stop_signal"))
    read_signal(*signal, made.stop_signal);
  f.text("user", made.user);
  f.duration("start_timeout", made.start_timeout, shortest_start);
  f.finish();
  return made;
}

} // namespace reeve::config
