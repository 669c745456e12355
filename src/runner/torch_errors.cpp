#include "runner/torch_errors.h"

namespace ersatz::runner {

core::Error from_torch(const c10::Error& error, const std::string& memory_hint) {
  const std::string message = error.what_without_backtrace();
  const std::string line = message.substr(0, message.find('\n'));
  for (const char* sign : {"out of memory", "can't allocate memory"}) {
    if (message.find(sign) != std::string::npos) {
      return {core::ExitCode::kOutOfMemory, line, memory_hint};
    }
  }
  return core::Error::internal(line);
}

}  // namespace ersatz::runner
