// The program `ersatz-train`.
#pragma once

namespace ersatz::runner {

int training_main(int argc, char** argv);

}  // namespace ersatz::runner
