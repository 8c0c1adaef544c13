#include "cli/app.hpp"
#include "io/loop/descriptor.hpp"
#include "io/loop/signals.hpp"

#include <cstring>

namespace {

/// A reload or an end that is asked for while a daemon begins must not kill it. So this comes first
/// of all, before the constructors of the libraries, which take longer than all else until `main`.
void hold_signals_of_a_daemon(int argc, char** argv, char** /*environment*/) {
  if (argc > 1 && std::strcmp(argv[1], "run") == 0)
    reeve::io::hold_signals();
}

[[gnu::section(".preinit_array"),
  gnu::used]] void (*const first)(int, char**, char**) = hold_signals_of_a_daemon;

} // namespace

int main(int argc, char** argv) {
  reeve::io::open_standard_files();
  return reeve::cli::app(argc, argv);
}
