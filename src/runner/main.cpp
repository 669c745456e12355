#include "core/error.h"
#include "runner/experiment_main.h"

int main(int argc, char** argv) {
  return ersatz::core::report_exceptions(ersatz::runner::experiment_main, argc, argv);
}
