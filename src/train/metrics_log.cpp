#include "train/metrics_log.h"

#include <sstream>

#include "core/file_system.h"

namespace ersatz::train {

MetricsLog::MetricsLog(std::filesystem::path file, std::int64_t step) : file_(std::move(file)) {
  if (file_.empty()) return;
  if (file_.has_parent_path()) core::make_directories(file_.parent_path());
  if (!std::filesystem::exists(file_)) return;
  const std::string before = core::read_file(file_);
  std::istringstream lines(before);
  std::string line, kept;
  while (std::getline(lines, line)) {
    const core::Json parsed = core::Json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!parsed.is_object() || !parsed.contains("step") || !parsed["step"].is_number_integer() ||
        parsed["step"].get<std::int64_t>() > step) {
      continue;
    }
    kept += line + "\n";
  }
  if (kept != before) core::write_file_atomic(file_, kept);
}

void MetricsLog::append(const core::Json& line) const {
  if (!file_.empty()) core::append_line(file_, line.dump());
}

}  // namespace ersatz::train
