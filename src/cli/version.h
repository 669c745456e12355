// What `ersatz --version` prints.
#pragma once

#include <string>

namespace ersatz::cli {

// Version, commit (with "+" and a digest when the tree had uncommitted changes), compiler, build.
std::string version_text();

}  // namespace ersatz::cli
