// libtorch's errors as ours.
#pragma once

#include <c10/util/Exception.h>

#include <string>

#include "core/error.h"

namespace ersatz::runner {

// The first line of the message says what happened; a stack trace follows it, which is left out.
// Exit code 51 when memory ran out, with `memory_hint`; 1 otherwise.
core::Error from_torch(const c10::Error& error, const std::string& memory_hint);

}  // namespace ersatz::runner
