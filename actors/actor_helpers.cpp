#include "actors/actor_helpers.hpp"

#include "actors/exit_reason.hpp"

#include <caf/message.hpp>
#include <caf/message_view.hpp>
#include <caf/result.hpp>
#include <caf/scheduled_actor.hpp>
#include <caf/sec.hpp>
#include <spdlog/spdlog.h>

#include <exception>

namespace reeve::actors {

namespace {

std::string text_of(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& e) {
    return e.what();
  } catch (...) {
    return "an exception of unknown type";
  }
}

} // namespace

void set_handlers(caf::scheduled_actor* self, std::string name) {
  self->set_default_handler([name](caf::scheduled_actor*,
                                   caf::message_view& message) -> caf::result<caf::message> {
    spdlog::warn("{}: dropped a message it does not know: {}", name, message.content().stringify());
    return caf::sec::unexpected_message;
  });
  self->set_exception_handler([name](caf::scheduled_actor*, std::exception_ptr& thrown) {
    auto text = text_of(thrown);
    spdlog::error("{}: a handler failed: {}", name, text);
    return caf::make_error(caf::sec::runtime_error, std::move(text));
  });
  self->set_error_handler([name](caf::scheduled_actor* actor, caf::error& error) {
    spdlog::error("{}: a request failed and nobody handles that: {}", name, describe(error));
    actor->quit(std::move(error));
  });
  self->set_down_handler([](caf::scheduled_actor*, caf::down_msg&) {});
}

} // namespace reeve::actors
