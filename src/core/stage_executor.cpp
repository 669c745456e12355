#include "core/stage_executor.h"

#include <fmt/format.h>

#include <chrono>

#include "core/error.h"
#include "core/file_system.h"
#include "core/filesystem_failure.h"
#include "core/log.h"
#include "core/progress.h"
#include "core/signals.h"
#include "core/stage_checkpoint.h"

namespace ersatz::core {
namespace {

constexpr std::uint64_t kNeededFreeBytes = std::uint64_t{64} << 20;
constexpr std::uint64_t kSmallEntry = std::uint64_t{4} << 20;
constexpr const char* kElapsed = "elapsed.json";

void require_free_space(const fs::path& folder) {
  const std::uint64_t free = free_bytes(folder);
  if (free >= kNeededFreeBytes) return;
  throw Error(ExitCode::kDiskFull,
              fmt::format("only {} free for {}, at least {} are needed",
                          human_bytes(static_cast<double>(free)), folder.string(),
                          human_bytes(static_cast<double>(kNeededFreeBytes))),
              "free some space (`ersatz gc` removes unused caches), then `ersatz resume`");
}

// A killed attempt's output is thrown away; only its checkpoint is worth keeping. Whether there is
// one.
bool prepare_partial(const fs::path& partial, const PlannedStage& stage) {
  make_directories(partial);
  const bool resumed = has_checkpoint(partial, stage);
  for (const auto& item : fs::directory_iterator(partial)) {
    if (!resumed || item.path().filename() != "checkpoint") remove_tree(item.path());
  }
  make_directories(partial / "checkpoint");
  return resumed;
}

// Seconds spent by earlier attempts that were stopped in an orderly way.
double earlier_seconds(const fs::path& checkpoint) {
  try {
    return read_json(checkpoint / kElapsed).at("seconds").get<double>();
  } catch (const std::exception&) {
    return 0;
  }
}

Error in_stage(const Error& error, const StageSpec& spec) {
  return Error(error.code(), fmt::format("{}\n  in stage {}", error.what(), spec.name),
               error.hint());
}

}  // namespace

StageExecutor::StageExecutor(const StageCache& cache, std::vector<PlannedStage> plan,
                             ExecutorOptions options)
    : cache_(cache), plan_(std::move(plan)), options_(std::move(options)) {
  for (const PlannedStage& stage : plan_) {
    by_name_[stage.spec->name] = &stage;
    to_run_ += stage.fate == StageFate::kRun ? 1 : 0;
  }
}

FinishedStages StageExecutor::run() {
  FinishedStages finished;
  for (const PlannedStage& stage : plan_) {
    if (stage.fate == StageFate::kNotNeeded) continue;
    const std::string& name = stage.spec->name;
    if (!options_.keep_going) {
      ensure(stage, false);
    } else if (failed_.count(name) == 0) {
      try {
        ensure(stage, false);
      } catch (const Interrupted&) {
        throw;
      } catch (const std::exception& error) {
        failed_[name] = error.what();
        log_warning(fmt::format("stage {} failed: {}", name, error.what()));
      }
    }
    const auto done = done_.find(name);
    if (done != done_.end()) {
      finished.add(name, done->second.entry.dir, done->second.entry.summary);
    }
  }
  for (const auto& [name, reason] : failed_) finished.add_failed(name, reason);
  return finished;
}

const CacheEntry& StageExecutor::ensure(const PlannedStage& stage, bool as_input) {
  const std::string& name = stage.spec->name;
  const auto failed = failed_.find(name);
  if (failed != failed_.end()) {
    throw Error(ExitCode::kInternal, fmt::format("its input {} failed: {}", name, failed->second));
  }
  auto done = done_.find(name);
  if (done == done_.end() && stage.fate != StageFate::kRun) {
    if (auto entry = cache_.find(stage.spec->kind, stage.key)) {
      done = done_.emplace(name, State{std::move(*entry), false}).first;
      if (options_.on_finished) options_.on_finished(stage, done->second.entry, true);
    }
  }
  if (done != done_.end()) {
    State& state = done->second;
    const bool check = !state.verified && (as_input || state.entry.bytes < kSmallEntry);
    if (!check || cache_.verify(state.entry)) {
      state.verified = state.verified || check;
      return state.entry;
    }
    done_.erase(done);
  }
  CacheEntry entry = execute(stage);
  State& state = done_[name];
  state = State{std::move(entry), true};
  if (options_.on_finished) options_.on_finished(stage, state.entry, false);
  return state.entry;
}

CacheEntry StageExecutor::execute(const PlannedStage& stage) {
  stop_point();
  const StageSpec& spec = *stage.spec;
  std::map<std::string, fs::path> input_dirs;
  std::map<std::string, Json> input_summaries;
  for (const std::string& input : spec.inputs) {
    const CacheEntry& entry = ensure(*by_name_.at(input), true);
    input_dirs[input] = entry.dir;
    input_summaries[input] = entry.summary;
  }
  const FileLock lock(cache_.lock_file(spec.kind, stage.key), "stage " + spec.name);
  // Another process may have finished it while we waited.
  if (!stage.forced) {
    if (auto entry = cache_.find(spec.kind, stage.key)) return std::move(*entry);
  }
  const fs::path partial = cache_.partial_dir(spec.kind, stage.key);
  require_free_space(partial);
  const bool resumed = prepare_partial(partial, stage);
  const double before = earlier_seconds(partial / "checkpoint");
  ++started_;
  log_info(fmt::format("[{}/{}] {}{}", started_, std::max(to_run_, started_), spec.name,
                       resumed ? " (continued)" : ""));
  const auto begin = std::chrono::steady_clock::now();
  const auto elapsed = [&] {
    return before + std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  };
  if (spec.collective && options_.before_collective) {
    options_.before_collective(spec, input_dirs, input_summaries);
  }
  StageContext context(spec, partial, std::move(input_dirs), std::move(input_summaries));
  CacheEntry entry;
  try {
    entry.summary = spec.body(context);
    if (fs::exists(context.training_log())) context.keep(context.training_log());
  } catch (const Interrupted&) {
    write_json(partial / "checkpoint" / kElapsed, {{"seconds", elapsed()}});
    throw;
  } catch (const Error& error) {
    throw in_stage(error, spec);
  } catch (const fs::filesystem_error& error) {
    throw in_stage(filesystem_failure(error), spec);
  }
  entry.name = spec.name;
  entry.kind = spec.kind;
  entry.key = stage.key;
  entry.key_parts = stage.key_parts;
  entry.work = spec.work;
  entry.pace = spec.pace;
  entry.wall_seconds = elapsed();
  entry.resumed = resumed && before == 0;
  return cache_.commit(partial, std::move(entry));
}

}  // namespace ersatz::core
