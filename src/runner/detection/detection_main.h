// The program `ersatz-detect`.
#pragma once

namespace ersatz::runner {

int detection_main(int argc, char** argv);

}  // namespace ersatz::runner
