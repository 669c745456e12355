// main() of `ersatz-images`, the program that `ersatz copy-paste` and `ersatz cutout` become.
#pragma once

namespace ersatz::runner {

int images_main(int argc, char** argv);

}  // namespace ersatz::runner
