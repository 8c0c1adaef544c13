#include "cli/app.hpp"
#include "io/signals.hpp"

#include <string_view>

int main(int argc, char** argv) {
  // First of all: a reload or an end that is asked for while a daemon begins must not kill it.
  if (argc > 1 && std::string_view{argv[1]} == "run")
    reeve::io::hold_signals();
  return reeve::cli::app(argc, argv);
}
