#include "core/log.h"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <mutex>

#include "core/error.h"
#include "core/printable.h"
#include "core/progress.h"

namespace ersatz::core {
namespace {

struct LogState {
  std::mutex mutex;
  std::shared_ptr<spdlog::logger> file;
  std::vector<std::string> warnings;
  bool quiet = false;
};

LogState& state() {
  static LogState instance;
  return instance;
}

void print(std::string_view prefix, std::string_view message) {
  clear_progress_line();
  // Messages quote prompts and what files say of themselves.
  const std::string text = printable(message, std::string::npos, true);
  std::fprintf(stderr, "%.*s%s\n", static_cast<int>(prefix.size()), prefix.data(), text.c_str());
}

std::shared_ptr<spdlog::sinks::sink> open_sink(const std::filesystem::path& file) {
  try {
    return std::make_shared<spdlog::sinks::basic_file_sink_mt>(file.string());
  } catch (const spdlog::spdlog_ex&) {  // keeps its errno value to itself
    throw Error::io("open", file, errno);
  }
}

}  // namespace

void log_info(std::string_view message) {
  LogState& log = state();
  const std::lock_guard guard(log.mutex);
  if (!log.quiet) print("", message);
  if (log.file) log.file->info("{}", message);
}

void log_warning(std::string_view message) {
  LogState& log = state();
  const std::lock_guard guard(log.mutex);
  if (std::find(log.warnings.begin(), log.warnings.end(), message) != log.warnings.end()) return;
  log.warnings.emplace_back(message);
  print("warning: ", message);
  if (log.file) log.file->warn("{}", message);
}

void log_detail(std::string_view message) {
  LogState& log = state();
  const std::lock_guard guard(log.mutex);
  if (log.file) log.file->debug("{}", message);
}

void set_log_file(const std::filesystem::path& file) {
  LogState& log = state();
  const std::lock_guard guard(log.mutex);
  log.file.reset();
  if (file.empty()) return;
  auto sink = open_sink(file);
  log.file = std::make_shared<spdlog::logger>("run", std::move(sink));
  log.file->set_level(spdlog::level::debug);
  log.file->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
  log.file->flush_on(spdlog::level::debug);
}

void set_quiet(bool quiet) {
  const std::lock_guard guard(state().mutex);
  state().quiet = quiet;
}

std::vector<std::string> logged_warnings() {
  const std::lock_guard guard(state().mutex);
  return state().warnings;
}

}  // namespace ersatz::core
