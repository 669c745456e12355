#include "runner/images/copy_paste_run.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <memory>

#include "core/json.h"
#include "core/progress.h"
#include "generate/copy_paste/copy_paste.h"
#include "generate/copy_paste/picture_files.h"
#include "runner/images/copy_paste_request.h"

namespace ersatz::runner {
namespace {

using core::Json;
using generate::CopyPasteDatasetSummary;

Json to_json(const CopyPasteDatasetSummary& summary, const std::string& folder) {
  Json dropped = Json::object();
  for (const auto& [reason, count] : summary.dropped) dropped[reason] = count;
  return {{"folder", folder},
          {"wanted", summary.wanted},
          {"made", summary.made},
          {"images", summary.images},
          {"instances", summary.instances},
          {"dropped", std::move(dropped)},
          {"complete", summary.complete}};
}

void print_summary(const CopyPasteDatasetSummary& summary, const std::string& folder,
                   double seconds) {
  std::printf("%s: %lld images, %lld instances%s\n", folder.c_str(),
              static_cast<long long>(summary.images), static_cast<long long>(summary.instances),
              summary.complete ? "" : "; other shards are not done");
  if (summary.made < summary.wanted) {
    std::printf("%lld of %lld were there already\n",
                static_cast<long long>(summary.wanted - summary.made),
                static_cast<long long>(summary.wanted));
  }
  if (summary.made > 0 && seconds > 0) {
    std::printf("%lld made in %s, %.0f images/s\n", static_cast<long long>(summary.made),
                core::human_duration(seconds).c_str(), static_cast<double>(summary.made) / seconds);
  }
}

}  // namespace

void run_copy_paste(const CopyPasteCommand& options) {
  CopyPasteRequest request = check_copy_paste(options);
  generate::require_outside(options.masks, options.out);
  generate::require_outside(options.backgrounds, options.out);
  request.choice.left_out = options.out;
  const generate::CopyPaste source(
      generate::load_cut_outs(options.masks, request.choice),
      generate::open_backgrounds(options.backgrounds, options.threads, generate::kCachedBackgrounds,
                                 options.out),
      request.making);
  if (options.dry_run) {
    std::printf("%s\n", generate::copy_paste_recipe(source, request.dataset).dump(2).c_str());
    return;
  }
  const auto begin = std::chrono::steady_clock::now();
  const CopyPasteDatasetSummary summary =
      generate::write_copy_paste_dataset(source, options.out, request.dataset);
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
  if (options.json) {
    std::printf("%s\n", to_json(summary, options.out).dump(2).c_str());
  } else if (!options.quiet) {
    print_summary(summary, options.out, time.count());
  }
}

}  // namespace ersatz::runner
