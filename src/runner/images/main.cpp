#include "core/error.h"
#include "runner/images/images_main.h"

int main(int argc, char** argv) {
  return ersatz::core::report_exceptions(ersatz::runner::images_main, argc, argv);
}
