#include "core/error.h"
#include "runner/training/training_main.h"

int main(int argc, char** argv) {
  return ersatz::core::report_exceptions(ersatz::runner::training_main, argc, argv);
}
