#include "core/stage_checkpoint.h"

#include <sys/stat.h>

#include <ctime>
#include <string>

namespace ersatz::core {
namespace {

namespace fs = std::filesystem;

// The other way round than utc_now(). False when it is no such text.
bool parse_utc(const std::string& text, std::time_t& seconds) {
  std::tm parts{};
  const char* end = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  if (end == nullptr || *end != '\0') return false;
  seconds = ::timegm(&parts);
  return true;
}

bool any_file_after(const fs::path& folder, std::time_t seconds) {
  std::error_code ignored;
  for (fs::recursive_directory_iterator it(folder, ignored), end; it != end;
       it.increment(ignored)) {
    if (ignored) break;
    struct stat status {};
    if (::lstat(it->path().c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
        status.st_mtime > seconds) {
      return true;
    }
  }
  return false;
}

}  // namespace

bool has_checkpoint(const fs::path& partial, const PlannedStage& stage) {
  const fs::path checkpoint = partial / "checkpoint";
  std::error_code error;
  if (!fs::is_directory(checkpoint, error) || fs::is_empty(checkpoint, error) || error)
    return false;
  if (!stage.forced) return true;
  std::time_t begun = 0;
  return parse_utc(stage.since, begun) && any_file_after(checkpoint, begun);
}

}  // namespace ersatz::core
