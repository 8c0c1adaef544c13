#include "cli/event_writer.hpp"

#include "cli/table.hpp"
#include "supervisor/text.hpp"

#include <algorithm>
#include <cstdio>

namespace reeve::cli {

namespace {

using std::chrono::milliseconds;
using kind = simulation_event::kind;

constexpr std::size_t written_at_once = 64 * 1024;
constexpr std::size_t event_width = 8; // of "escalate"

// 1:02:03.004: hours without end.
std::string clock_of(milliseconds at) {
  const std::chrono::hh_mm_ss parts{at};
  char text[48];
  const int length = std::snprintf(text, sizeof text, "%lld:%02lld:%02lld.%03lld",
                                   static_cast<long long>(parts.hours().count()),
                                   static_cast<long long>(parts.minutes().count()),
                                   static_cast<long long>(parts.seconds().count()),
                                   static_cast<long long>(parts.subseconds().count()));
  return {text, static_cast<std::size_t>(length)};
}

std::size_t longest_name(const group_spec& group) {
  auto most = group.name.size();
  for (const auto& child : group.children) {
    const auto* name = std::get_if<std::string>(&child);
    most = std::max(most, name ? name->size() : longest_name(std::get<group_spec>(child)));
  }
  return most;
}

colour colour_of(kind what) {
  switch (what) {
  case kind::healthy:
    return colour::good;
  case kind::failed:
  case kind::give_up:
  case kind::escalate:
  case kind::exit:
    return colour::bad;
  case kind::wait:
  case kind::hold:
    return colour::warning;
  case kind::stop:
  case kind::start:
    return colour::plain;
  }
  return colour::plain;
}

bool is_of_group(kind what) {
  return what == kind::escalate || what == kind::exit;
}

} // namespace

event_writer::event_writer(std::ostream& out, const daemon_spec& spec, milliseconds duration,
                           bool json)
    : out_{out}, json_{json}, colours_{!json && stdout_wants_colour()},
      time_width_{clock_of(duration).size()}, name_width_{
                                                std::max<std::size_t>(longest_name(spec.tree), 7)} {
  if (json_)
    return;
  write_padded("TIME", time_width_ + 2);
  write_padded("EVENT", event_width + 2);
  write_padded("SERVICE", name_width_ + 2);
  text_ += "WHY\n";
}

event_writer::~event_writer() {
  flush();
}

void event_writer::write(const simulation_event& e) {
  if (json_)
    write_json(e);
  else
    write_row(e);
  if (text_.size() >= written_at_once)
    flush();
}

// By hand, for there may be millions. Names need no escapes. What is held starts nothing, and is
// for people.
void event_writer::write_json(const simulation_event& e) {
  if (e.what == kind::hold)
    return;
  text_ += R"({"at_ms": )";
  text_ += std::to_string(e.at.count());
  text_ += R"(, "event": ")";
  text_ += to_string(e.what);
  text_ += is_of_group(e.what) ? R"(", "group": ")" : R"(", "service": ")";
  text_ += e.name;
  text_ += '"';
  if (e.what == kind::wait)
    text_.append(R"(, "delay_ms": )").append(std::to_string(e.delay.count()));
  text_ += "}\n";
}

void event_writer::write_row(const simulation_event& e) {
  const auto at = clock_of(e.at);
  text_.append(time_width_ - std::min(at.size(), time_width_), ' ').append(at).append("  ");
  const auto what = to_string(e.what);
  text_ += paint(std::string{what}, colours_ ? colour_of(e.what) : colour::plain);
  text_.append(event_width + 2 - what.size(), ' ');
  write_padded(e.name, name_width_ + 2);
  if (e.what == kind::wait)
    text_.append("restart in ").append(describe(e.delay)).append(e.reason.empty() ? "" : ": ");
  text_ += printable(e.reason);
  text_.erase(text_.find_last_not_of(' ') + 1);
  text_ += '\n';
}

void event_writer::write_padded(std::string_view text, std::size_t width) {
  text_.append(text).append(width - std::min(width, text.size()), ' ');
}

void event_writer::flush() {
  out_.write(text_.data(), static_cast<std::streamsize>(text_.size()));
  text_.clear();
}

} // namespace reeve::cli
