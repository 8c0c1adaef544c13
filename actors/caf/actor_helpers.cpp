#include "actors/caf/actor_helpers.hpp"

#include "actors/caf/exit_reason.hpp"

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

template <class NameOf>
void set_handlers_naming(caf::scheduled_actor* self, const NameOf& name_of) {
  self->set_default_handler([name_of](caf::scheduled_actor* actor,
                                      caf::message_view& message) -> caf::result<caf::message> {
    spdlog::warn("{}: dropped a message it does not know: {}", name_of(actor),
                 message.content().stringify());
    return caf::sec::unexpected_message;
  });
  self->set_exception_handler([name_of](caf::scheduled_actor* actor, std::exception_ptr& thrown) {
    auto text = text_of(thrown);
    spdlog::error("{}: a handler failed: {}", name_of(actor), text);
    return caf::make_error(caf::sec::runtime_error, std::move(text));
  });
  self->set_error_handler([name_of](caf::scheduled_actor* actor, caf::error& error) {
    spdlog::error("{}: a request failed and nobody handles that: {}", name_of(actor),
                  describe(error));
    actor->quit(std::move(error));
  });
  self->set_down_handler([](caf::scheduled_actor*, caf::down_msg&) {});
}

} // namespace

void set_handlers(caf::scheduled_actor* self) {
  set_handlers_naming(self, [](caf::scheduled_actor* actor) { return actor->name(); });
}

void set_handlers(caf::scheduled_actor* self, const std::string& name) {
  set_handlers_naming(self, [name](caf::scheduled_actor*) { return name; });
}

} // namespace reeve::actors
