#include "data/fetch/download.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <thread>

#include "core/error.h"
#include "core/file_system.h"
#include "core/log.h"
#include "core/progress.h"
#include "core/signals.h"
#include "data/fetch/part_file.h"

namespace ersatz::data {
namespace {

constexpr std::uint64_t kWorthwhile = std::uint64_t{1} << 20;
constexpr int kMaxRestarts = 3;

void pause(std::chrono::milliseconds duration) {
  const auto end = std::chrono::steady_clock::now() + duration;
  while (std::chrono::steady_clock::now() < end) {
    core::stop_point();
    std::this_thread::sleep_for(std::min(duration, std::chrono::milliseconds(50)));
  }
}

void require_space(const PartFile& part) {
  const std::uint64_t needed = part.expected_size() - part.size();
  const std::uint64_t free = core::free_bytes(part.destination());
  if (free >= needed) return;
  throw core::Error(
      core::ExitCode::kDiskFull,
      fmt::format("{} needs {} more, but only {} are free there", part.destination().string(),
                  core::human_bytes(static_cast<double>(needed)),
                  core::human_bytes(static_cast<double>(free))),
      "free some space, or set ERSATZ_CACHE to a folder on a larger disk");
}

// What one mirror came to.
struct MirrorOutcome {
  bool complete = false;
  std::string reason;             // why not
  std::string promised, offered;  // digests or lengths, when it has other content
};

// Counts the attempts that brought nothing worth mentioning.
class RetryBudget {
 public:
  explicit RetryBudget(int retries) : retries_(retries) {}
  // Whether one more attempt is allowed, now that `size` bytes are there.
  bool spend(std::uint64_t size) {
    if (size >= best_ + kWorthwhile) used_ = 0;
    best_ = std::max(best_, size);
    return used_++ < retries_;
  }
  int used() const { return used_; }

 private:
  int retries_;
  int used_ = 0;
  std::uint64_t best_ = 0;
};

MirrorOutcome try_mirror(const std::string& url, PartFile& part, const DownloadOptions& options,
                         core::Progress& progress) {
  RetryBudget budget(options.retries_per_mirror);
  MirrorOutcome outcome;
  int restarts = 0, wrong = 0;
  for (;;) {
    core::stop_point();
    TransferResult result = transfer(url, part, options.transfer, progress);
    if (result.status == TransferStatus::kComplete) {
      if (part.digest_is_right()) {
        outcome.complete = true;
        return outcome;
      }
      outcome.promised = part.expected_sha256();
      outcome.offered = part.digest();
      outcome.reason = "other content than promised, sha256 " + outcome.offered;
      part.discard();
      if (++wrong > 1) return outcome;
      continue;
    }
    outcome.reason = result.reason;
    switch (result.status) {
      case TransferStatus::kWrongContent:
        outcome.promised = fmt::format("{} bytes", part.expected_size());
        outcome.offered = result.reason;
        outcome.reason = "other content than promised, " + result.reason;
        if (++wrong > 1) return outcome;
        break;
      case TransferStatus::kRestarted:
        if (++restarts > kMaxRestarts) return outcome;
        break;
      case TransferStatus::kDropped:
        if (!budget.spend(part.size())) return outcome;
        core::log_detail(fmt::format("{}: {}; trying again", url, result.reason));
        pause(options.first_pause * (1 << std::min(budget.used() - 1, 6)));
        break;
      default:
        return outcome;
    }
  }
}

}  // namespace

DownloadResult download(const DownloadRequest& request, const DownloadOptions& options) {
  core::make_directories(request.destination.parent_path());
  PartFile part(request.destination, request.size, request.sha256);
  if (part.is_full()) {
    // The process ended between the last byte and the renaming.
    if (part.digest_is_right()) {
      const std::string url = part.url();
      part.publish();
      return {url, {}};
    }
    part.discard();
  }
  require_space(part);

  core::Progress progress(request.destination.filename().string(),
                          static_cast<std::int64_t>(request.size), "B");
  progress.start_from(static_cast<std::int64_t>(part.size()));
  DownloadResult result;
  std::optional<core::Error> mismatch;
  for (const std::string& url : request.urls) {
    const MirrorOutcome outcome = try_mirror(url, part, options, progress);
    if (outcome.complete) {
      part.publish();
      result.url = url;
      return result;
    }
    result.tried.push_back(fmt::format("{}: {}", url, outcome.reason));
    if (!outcome.offered.empty()) {
      mismatch =
          core::Error::digest_mismatch(request.destination, outcome.promised, outcome.offered)
              .with_hint(url +
                         " offers something else than the manifest promises; nothing of it "
                         "was kept");
    }
  }
  if (mismatch) {
    part.discard();
    throw *mismatch;
  }
  return result;
}

}  // namespace ersatz::data
