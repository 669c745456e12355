#include "runner/rank_session.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "compute/ranks/join_ranks.h"
#include "core/error.h"
#include "core/filesystem_failure.h"
#include "core/log.h"
#include "core/machine.h"
#include "core/progress.h"

namespace ersatz::runner {

void run_as_rank(
    const std::function<void(const core::Ranks& ranks, compute::RankGroup* group)>& body) {
  const core::Ranks ranks = core::ranks_from_environment();
  if (ranks.alone()) {
    body(ranks, nullptr);
    return;
  }
  if (ranks.rank != 0) {
    core::set_progress_mode(core::ProgressMode::kNone);
    core::set_quiet(true);
  }
  const std::unique_ptr<compute::RankGroup> group = compute::join_ranks(ranks);
  core::log_info(fmt::format("{} ranks, started by {}", ranks.size, ranks.launcher));
  try {
    body(ranks, group.get());
  } catch (const core::Error& error) {
    group->leave(error.exit_status(), error.what());
    throw;
  } catch (const std::filesystem::filesystem_error& error) {
    const core::Error failure = core::filesystem_failure(error);
    group->leave(failure.exit_status(), failure.what());
    throw failure;
  } catch (const std::exception& error) {
    group->leave(1, error.what());
    throw;
  }
  group->leave(0, "");
}

int rank_threads(int wanted, const core::Ranks& ranks) {
  if (wanted > 0 || ranks.alone()) return wanted;
  return core::default_threads(ranks.local_size);
}

}  // namespace ersatz::runner
