#include "core/stage.h"

#include <fmt/format.h>

#include "core/error.h"
#include "core/file_system.h"

namespace ersatz::core {

StageContext::StageContext(const StageSpec& spec, std::filesystem::path dir,
                           std::map<std::string, std::filesystem::path> input_dirs,
                           std::map<std::string, Json> input_summaries)
    : spec_(spec),
      dir_(std::move(dir)),
      input_dirs_(std::move(input_dirs)),
      input_summaries_(std::move(input_summaries)) {}

std::filesystem::path StageContext::checkpoint_dir() const { return dir_ / "checkpoint"; }

std::filesystem::path StageContext::training_log() const { return checkpoint_dir() / kTrainingLog; }

void StageContext::keep(const std::filesystem::path& made,
                        const std::filesystem::path& name) const {
  const std::filesystem::path to = dir_ / (name.empty() ? made.filename() : name);
  make_directories(to.parent_path());
  share_tree(made, to);
}

const std::filesystem::path& StageContext::input(std::string_view stage_name) const {
  const auto found = input_dirs_.find(std::string(stage_name));
  if (found == input_dirs_.end()) {
    throw Error::internal(
        fmt::format("stage '{}' reads '{}' without declaring it", spec_.name, stage_name));
  }
  return found->second;
}

const Json& StageContext::input_summary(std::string_view stage_name) const {
  const auto found = input_summaries_.find(std::string(stage_name));
  if (found == input_summaries_.end()) {
    throw Error::internal(
        fmt::format("stage '{}' reads '{}' without declaring it", spec_.name, stage_name));
  }
  return found->second;
}

std::string StageGraph::add(StageSpec spec) {
  if (index_.count(spec.name) != 0) {
    throw Error::internal(fmt::format("two stages are called '{}'", spec.name));
  }
  for (const std::string& input : spec.inputs) {
    if (index_.count(input) == 0) {
      throw Error::internal(
          fmt::format("stage '{}' needs '{}', which is not declared before it", spec.name, input));
    }
  }
  if (!spec.body) throw Error::internal(fmt::format("stage '{}' has no body", spec.name));
  index_[spec.name] = stages_.size();
  stages_.push_back(std::move(spec));
  return stages_.back().name;
}

const StageSpec* StageGraph::find(std::string_view name) const {
  const auto found = index_.find(name);
  return found == index_.end() ? nullptr : &stages_[found->second];
}

}  // namespace ersatz::core
