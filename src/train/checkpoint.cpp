#include "train/checkpoint.h"

#include <fmt/format.h>

#include "core/digest.h"
#include "core/error.h"
#include "core/file_system.h"
#include "core/log.h"

namespace ersatz::train {

namespace {

using core::Error;

constexpr const char* kStep = "step";
constexpr const char* kConfiguration = "configuration";
constexpr const char* kState = "state";

std::filesystem::path sidecar(const std::filesystem::path& file) {
  return std::filesystem::path(file).concat(".sha256");
}

std::string sidecar_text(const std::filesystem::path& file) {
  return fmt::format("{}  {}\n", core::sha256_file(file), file.filename().string());
}

}  // namespace

CheckpointFolder::CheckpointFolder(std::filesystem::path folder, const core::Json& configuration)
    : folder_(std::move(folder)), configuration_(core::canonical_json(configuration)) {
  core::make_directories(folder_);
}

std::filesystem::path CheckpointFolder::generation(int index) const {
  return folder_ / fmt::format("checkpoint-{}.safetensors", index);
}

std::optional<Checkpoint> CheckpointFolder::load_generation(int index) const {
  const std::filesystem::path file = generation(index);
  if (!std::filesystem::exists(file)) return std::nullopt;
  try {
    if (!std::filesystem::exists(sidecar(file)) ||
        core::read_file(sidecar(file)) != sidecar_text(file)) {
      throw Error::untrusted(file, "its SHA-256 is not the recorded one");
    }
    models::Safetensors content = models::load_safetensors(file);
    Checkpoint checkpoint;
    checkpoint.file = file;
    checkpoint.tensors = std::move(content.tensors);
    checkpoint.step = core::Json::parse(content.metadata.at(kStep)).get<std::int64_t>();
    checkpoint.state = core::Json::parse(content.metadata.at(kState));
    checkpoint.state[kConfiguration] = content.metadata.at(kConfiguration);
    return checkpoint;
  } catch (const std::exception& error) {
    core::log_warning(fmt::format("checkpoint ignored, it is damaged or incomplete: {} ({})",
                                  file.string(), error.what()));
    return std::nullopt;
  }
}

std::optional<Checkpoint> CheckpointFolder::load() {
  std::optional<Checkpoint> newest;
  for (int index = 0; index < 2; ++index) {
    std::optional<Checkpoint> candidate = load_generation(index);
    if (!candidate || (newest && newest->step >= candidate->step)) continue;
    newest = std::move(candidate);
    next_ = 1 - index;
  }
  if (newest) {
    refuse_other_configuration(newest->state[kConfiguration].get<std::string>());
    newest->state.erase(kConfiguration);
  }
  return newest;
}

void CheckpointFolder::save(const Checkpoint& checkpoint) {
  const std::filesystem::path file = generation(next_);
  models::save_safetensors(file, checkpoint.tensors,
                           {{kStep, std::to_string(checkpoint.step)},
                            {kConfiguration, configuration_},
                            {kState, checkpoint.state.dump()}});
  // Between these two writes the digest does not fit: this generation then counts as incomplete.
  core::write_file_atomic(sidecar(file), sidecar_text(file));
  next_ = 1 - next_;
}

void CheckpointFolder::refuse_other_configuration(const std::string& saved) const {
  if (saved == configuration_) return;
  std::string difference = "its configuration differs";
  const core::Json theirs = core::Json::parse(saved), ours = core::Json::parse(configuration_);
  for (const auto& [key, value] : ours.items()) {
    if (!theirs.contains(key) || theirs[key] != value) {
      difference = fmt::format("'{}' is {} there and {} here", key,
                               theirs.contains(key) ? theirs[key].dump() : "absent", value.dump());
      break;
    }
  }
  throw Error::usage(fmt::format("the checkpoint in {} belongs to another training: {}",
                                 folder_.string(), difference),
                     "remove that folder to start again");
}

}  // namespace ersatz::train
