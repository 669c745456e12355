// Errors that the standard library reports of files, with the exit codes of ours.
#pragma once

#include <filesystem>

#include "core/error.h"

namespace ersatz::core {

// The same message with the exit code and hint that Error::io gives to the error's errno value.
Error filesystem_failure(const std::filesystem::filesystem_error& error);

}  // namespace ersatz::core
