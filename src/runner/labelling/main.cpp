#include "core/error.h"
#include "runner/labelling/labelling_main.h"

int main(int argc, char** argv) {
  return ersatz::core::report_exceptions(ersatz::runner::labelling_main, argc, argv);
}
