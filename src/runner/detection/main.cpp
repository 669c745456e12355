#include "core/error.h"
#include "runner/detection/detection_main.h"

int main(int argc, char** argv) {
  return ersatz::core::report_exceptions(ersatz::runner::detection_main, argc, argv);
}
