#pragma once

namespace reeve::cli {

/// Reads the command line and runs the command; returns the exit code.
int app(int argc, char** argv);

} // namespace reeve::cli
