// Looking for a program on the PATH.
#pragma once

#include <string>

namespace ersatz::cli {

// Its whole path; empty when the PATH has no such executable. A name with a '/' is taken as a path.
std::string find_program(const std::string& name);

}  // namespace ersatz::cli
