// Words of the command line that end up in JSON files.
#pragma once

#include <fmt/format.h>

#include <string>

#include "core/error.h"
#include "core/printable.h"

namespace ersatz::runner {

// Error::usage (2) when what was given for `option` is not UTF-8: no JSON file can hold it.
inline void require_utf8(const char* option, const std::string& text) {
  if (core::is_utf8(text)) return;
  throw core::Error::usage(fmt::format("{} {} is not UTF-8", option, core::printable(text)));
}

}  // namespace ersatz::runner
