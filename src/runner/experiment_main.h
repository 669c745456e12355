// The program reproduce-<id>: parses its options and runs the one experiment linked into it.
#pragma once

namespace ersatz::runner {

// Returns the exit status. Exactly one experiment must be registered in the program.
int experiment_main(int argc, char** argv);

}  // namespace ersatz::runner
