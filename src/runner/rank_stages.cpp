#include "runner/rank_stages.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "core/error.h"
#include "core/file_system.h"
#include "core/json.h"
#include "runner/rank_scratch.h"

namespace ersatz::runner {
namespace {

namespace fs = std::filesystem;
using core::Json;

}  // namespace

void announce_stages(compute::RankGroup& group, core::ExecutorOptions& options) {
  options.before_collective = [&group](const core::StageSpec& spec,
                                       const std::map<std::string, fs::path>& inputs,
                                       const std::map<std::string, Json>& summaries) {
    Json text = {{"stage", spec.name}, {"inputs", Json::object()}, {"summaries", summaries}};
    for (const auto& [name, folder] : inputs) {
      text["inputs"][name] = fs::absolute(folder).string();
    }
    group.post(text.dump());
  };
}

void announce_end(compute::RankGroup& group) { group.post(Json{{"end", true}}.dump()); }

void follow_stages(compute::RankGroup& group, const std::vector<core::PlannedStage>& plan) {
  while (true) {
    const Json text = Json::parse(group.next_post());
    if (text.contains("end")) return;
    const std::string name = text.at("stage").get<std::string>();
    const auto stage = std::find_if(plan.begin(), plan.end(), [&](const core::PlannedStage& one) {
      return one.spec->name == name;
    });
    if (stage == plan.end()) {
      throw core::Error::usage(
          fmt::format("rank 0 begins with stage {}, which rank {} does not have", name,
                      group.rank()),
          "all ranks must be started with the same command line");
    }
    std::map<std::string, fs::path> inputs;
    for (const auto& [input, folder] : text.at("inputs").items()) {
      inputs[input] = folder.get<std::string>();
      if (!fs::exists(inputs[input])) {
        throw core::Error::missing(
            fmt::format("rank {} does not see {}, which stage {} reads", group.rank(),
                        inputs[input].string(), name),
            "the folder of runs (ERSATZ_RUNS) must be shared by all machines");
      }
    }
    const RankScratch scratch;
    core::make_directories(scratch.path / "checkpoint");
    core::StageContext context(*stage->spec, scratch.path, std::move(inputs),
                               text.at("summaries").get<std::map<std::string, Json>>());
    stage->spec->body(context);
  }
}

}  // namespace ersatz::runner
