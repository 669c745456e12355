#include "cli/gc.h"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/garbage.h"
#include "cli/text_layout.h"
#include "core/error.h"
#include "core/file_system.h"
#include "core/json.h"
#include "core/log.h"
#include "core/planning_lock.h"
#include "core/progress.h"

namespace ersatz::cli {
namespace {

struct Options {
  RetentionOptions retention;
  bool dry_run = false, json = false;
};

std::string amount(std::uint64_t bytes) { return core::human_bytes(static_cast<double>(bytes)); }

// Number and size of each kind of garbage.
std::string summary_text(const std::vector<Garbage>& items) {
  struct Sum {
    std::uint64_t count = 0, bytes = 0;
  };
  std::map<std::string, Sum> sums;
  for (const Garbage& item : items) {
    ++sums[item.reason].count;
    sums[item.reason].bytes += item.bytes;
  }
  std::vector<std::vector<std::string>> rows;
  for (const auto& [reason, sum] : sums) {
    rows.push_back({std::to_string(sum.count), reason, amount(sum.bytes)});
  }
  return aligned(rows, 2, {true, false, true});
}

void print_list(const std::vector<Garbage>& items) {
  std::vector<std::vector<std::string>> rows;
  for (const Garbage& item : items) {
    rows.push_back({amount(item.bytes), item.path.string()});
  }
  std::printf("%s", aligned(rows, 0, {true, false}).c_str());
}

void print_json(const std::vector<Garbage>& items, const std::vector<std::string>& notes,
                std::uint64_t bytes, bool removed) {
  core::Json list = core::Json::array();
  for (const Garbage& item : items) {
    list.push_back({{"path", item.path.string()}, {"bytes", item.bytes}, {"why", item.reason}});
  }
  const core::Json json = {
      {"removed", removed}, {"bytes", bytes}, {"items", list}, {"notes", notes}};
  std::printf("%s\n", json.dump(2).c_str());
}

int run(const Options& options) {
  std::optional<core::FileLock> planning;
  if (!options.dry_run && std::filesystem::is_directory(core::Project::get().runs())) {
    try {
      planning.emplace(core::planning_lock_file(), core::kPlanningLock);
    } catch (const core::Error& error) {
      // No room for a file: no run can begin, either, and room is what is to be made.
      if (error.code() != core::ExitCode::kDiskFull) throw;
    }
  }
  GarbageList found = find_garbage(options.retention);
  std::vector<Garbage> gone;
  std::uint64_t bytes = 0, in_use = 0;
  for (const Garbage& item : found.items) {
    if (!options.dry_run && !remove_garbage(item)) {
      ++in_use;
      continue;
    }
    bytes += item.bytes;
    gone.push_back(item);
  }
  // Whoever reads what follows may take their time; runs need not wait for that.
  planning.reset();
  if (in_use > 0) {
    found.notes.push_back(fmt::format("{} left alone: a live process works on them", in_use));
  }
  if (options.json) {
    print_json(gone, found.notes, bytes, !options.dry_run);
    return 0;
  }
  for (const std::string& note : found.notes) core::log_info(note);
  if (options.dry_run) print_list(gone);
  std::printf("%s%s %s\n", summary_text(gone).c_str(), options.dry_run ? "would free" : "freed",
              amount(bytes).c_str());
  return 0;
}

}  // namespace

Command add_gc(CLI::App& program) {
  auto options = std::make_shared<Options>();
  CLI::App* app = program.add_subcommand(
      "gc", "Free the space of superseded runs, unused stage outputs and half-written files");
  app->add_flag("-n,--dry-run", options->dry_run, "List it, remove nothing");
  app->add_flag("--all", options->retention.only_running,
                "Everything in runs/ that no live process uses; finished runs start anew");
  app->add_option("--older-than", options->retention.days, "Keep runs younger than this many days")
      ->check(CLI::NonNegativeNumber)
      ->excludes("--all");
  app->add_flag("--json", options->json, "For scripts");
  app->footer(
      "Kept: per experiment and profile the newest finished run, the newest run if `ersatz "
      "resume`\n"
      "could continue it, everything a live process uses; and always results/ and the data cache.\n"
      "\n"
      "Examples:\n"
      "  ersatz gc --dry-run\n"
      "  ersatz gc --older-than 30     keep all runs of the last month\n"
      "  ersatz gc --all               nothing in runs/ can be reused afterwards\n");
  return {app, [options] { return run(*options); }};
}

}  // namespace ersatz::cli
