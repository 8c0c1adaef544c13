#include "cli/app.hpp"

int main(int argc, char** argv) {
  return reeve::cli::app(argc, argv);
}
