#include "cli/logging.hpp"

#include "cli/table.hpp"

#include <nlohmann/json.hpp>
#include <spdlog/async.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdlib>

namespace reeve::cli {

namespace {

constexpr std::size_t lines_waiting = 1'024;

// A message may hold anything a service printed. As text, control characters are shown, not sent to
// the terminal; as JSON it is a string.
class text_message : public spdlog::custom_flag_formatter {
public:
  void format(const spdlog::details::log_msg& message, const std::tm&,
              spdlog::memory_buf_t& out) override {
    auto text = printable({message.payload.data(), message.payload.size()});
    out.append(text.data(), text.data() + text.size());
  }

  std::unique_ptr<custom_flag_formatter> clone() const override {
    return spdlog::details::make_unique<text_message>();
  }
};

/// `,"service":"web"` of a logger named `service=web`; nothing of others.
class json_subject : public spdlog::custom_flag_formatter {
public:
  void format(const spdlog::details::log_msg& message, const std::tm&,
              spdlog::memory_buf_t& out) override {
    const std::string_view name{message.logger_name.data(), message.logger_name.size()};
    const auto equals = name.find('=');
    if (equals == std::string_view::npos)
      return;
    const auto field =
      fmt::format(R"(,"{}":"{}")", name.substr(0, equals), name.substr(equals + 1));
    out.append(field.data(), field.data() + field.size());
  }

  std::unique_ptr<custom_flag_formatter> clone() const override {
    return spdlog::details::make_unique<json_subject>();
  }
};

class json_message : public spdlog::custom_flag_formatter {
public:
  void format(const spdlog::details::log_msg& message, const std::tm&,
              spdlog::memory_buf_t& out) override {
    std::string text{message.payload.data(), message.payload.size()};
    auto quoted =
      nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    out.append(quoted.data(), quoted.data() + quoted.size());
  }

  std::unique_ptr<custom_flag_formatter> clone() const override {
    return spdlog::details::make_unique<json_message>();
  }
};

} // namespace

status set_up_logging(const std::string& level, const std::string& format) {
  auto wanted = spdlog::level::from_str(level);
  if (wanted == spdlog::level::off && level != "off")
    return error{"no log level '" + level + "': use trace, debug, info, warn, error or off"};
  if (format != "text" && format != "json")
    return error{"no log format '" + format + "': use text or json"};
  const char* no_colour = std::getenv("NO_COLOR");
  bool colours = format == "text" && (no_colour == nullptr || *no_colour == '\0');
  auto sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>(
    colours ? spdlog::color_mode::automatic : spdlog::color_mode::never);
  // From a thread of its own, and the oldest lines are dropped when nobody reads: a stuck terminal
  // or log driver must not stop the watching.
  spdlog::init_thread_pool(lines_waiting, 1);
  auto log = std::make_shared<spdlog::async_logger>("reeve", std::move(sink), spdlog::thread_pool(),
                                                    spdlog::async_overflow_policy::overrun_oldest);
  auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc,
                                                               spdlog::details::os::default_eol);
  if (format == "json") {
    formatter->add_flag<json_subject>('W').add_flag<json_message>('J');
    formatter->set_pattern(R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l"%W,"message":%J})");
  } else {
    formatter->add_flag<text_message>('T');
    formatter->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %^%-7l%$ %T");
  }
  log->set_formatter(std::move(formatter));
  log->set_level(wanted);
  log->flush_on(spdlog::level::trace);
  spdlog::set_default_logger(std::move(log));
  return std::monostate{};
}

} // namespace reeve::cli
