#include "actors/caf/exit_reason.hpp"

#include <caf/exit_reason.hpp>
#include <caf/message.hpp>
#include <caf/sec.hpp>

namespace reeve::actors {

namespace {

/// CAF spells them "out_of_workers".
std::string in_words(std::string name) {
  for (auto& c : name)
    if (c == '_')
      c = ' ';
  return name;
}

std::string code_of(const caf::error& reason) {
  if (reason.category() == caf::atom("exit"))
    return in_words(to_string(static_cast<caf::exit_reason>(reason.code())));
  if (reason.category() == caf::atom("system"))
    return in_words(to_string(static_cast<caf::sec>(reason.code())));
  return "error " + std::to_string(reason.code()) + " of " + to_string(reason.category());
}

} // namespace

exit_kind kind_of(const caf::error& reason) {
  if (!reason || reason == caf::exit_reason::user_shutdown)
    return exit_kind::normal;
  return exit_kind::crash;
}

std::string describe(const caf::error& reason) {
  if (!reason)
    return "ended normally";
  if (reason == caf::exit_reason::user_shutdown)
    return "shut down";
  if (reason == caf::exit_reason::kill)
    return "killed";
  const auto& context = reason.context();
  if (context.size() > 0 && context.match_element<std::string>(0))
    return context.get_as<std::string>(0);
  return code_of(reason);
}

} // namespace reeve::actors
