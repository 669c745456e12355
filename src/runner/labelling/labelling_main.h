// The program `ersatz-label`.
#pragma once

namespace ersatz::runner {

int labelling_main(int argc, char** argv);

}  // namespace ersatz::runner
