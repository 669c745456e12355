// main() of `ersatz-diffusion`, the program that `ersatz generate` and `ersatz weights` become.
#pragma once

namespace ersatz::runner {

int diffusion_main(int argc, char** argv);

}  // namespace ersatz::runner
