#pragma once

#include "supervisor/play/simulation.hpp"
#include "supervisor/specs/daemon_spec.hpp"

#include <chrono>
#include <cstddef>
#include <ostream>
#include <string>

namespace reeve::cli {

/// Writes a simulation's events as they come: one JSON object a line, or aligned columns for
/// people. What is left is written when it goes away.
class event_writer {
public:
  event_writer(std::ostream& out, const daemon_spec& spec, std::chrono::milliseconds duration,
               bool json);
  ~event_writer();
  event_writer(const event_writer&) = delete;
  event_writer& operator=(const event_writer&) = delete;

  void write(const simulation_event& e);

private:
  void write_json(const simulation_event& e);
  void write_row(const simulation_event& e);
  void write_padded(std::string_view text, std::size_t width);
  void flush();

  std::ostream& out_;
  bool json_;
  bool colours_;
  std::size_t time_width_;
  std::size_t name_width_;
  std::string text_; ///< not handed to `out_` yet
};

} // namespace reeve::cli
