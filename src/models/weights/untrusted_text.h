// Text that a weight file claims to hold, in errors about it: core/printable.h.
#pragma once

#include "core/printable.h"  // IWYU pragma: export

namespace ersatz::models {

using core::is_utf8;
using core::printable;

}  // namespace ersatz::models
