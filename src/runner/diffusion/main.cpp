#include "core/error.h"
#include "runner/diffusion/diffusion_main.h"

int main(int argc, char** argv) {
  return ersatz::core::report_exceptions(ersatz::runner::diffusion_main, argc, argv);
}
