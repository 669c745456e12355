// main() of `ersatz-diffusion`, the program that `ersatz generate`, `ersatz diffugen run` and
// `ersatz weights` become.
#pragma once

namespace ersatz::runner {

int diffusion_main(int argc, char** argv);

}  // namespace ersatz::runner
