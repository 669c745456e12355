#include "train/shared_checkpoint.h"

#include <fmt/format.h>
#include <torch/types.h>

#include <utility>

#include "core/error.h"

namespace ersatz::train {
namespace {

using core::Json;

Json described(const std::optional<Checkpoint>& saved, const Json& configuration) {
  Json text = {{"configuration", configuration}, {"saved", saved.has_value()}};
  if (!saved) return text;
  text["step"] = saved->step;
  text["state"] = saved->state;
  text["file"] = saved->file.string();
  text["tensors"] = Json::array();
  for (const auto& [name, tensor] : saved->tensors) {
    text["tensors"].push_back({{"name", name},
                               {"type", static_cast<int>(tensor.scalar_type())},
                               {"sizes", tensor.sizes().vec()}});
  }
  return text;
}

void compare(const Json& theirs, const Json& ours, const compute::RankGroup& group) {
  for (const auto& [key, value] : ours.items()) {
    if (theirs.contains(key) && theirs.at(key) == value) continue;
    throw core::Error::usage(fmt::format(
        "rank {} would train something else than rank 0: '{}' is {} here and {} there",
        group.rank(), key, value.dump(), theirs.contains(key) ? theirs.at(key).dump() : "absent"));
  }
}

}  // namespace

std::optional<Checkpoint> share_checkpoint(compute::RankGroup& group,
                                           std::optional<Checkpoint> saved,
                                           const Json& configuration) {
  const std::string text =
      compute::broadcast_text(group, group.first() ? described(saved, configuration).dump() : "");
  const Json there = Json::parse(text);
  compare(there.at("configuration"), configuration, group);
  if (!there.at("saved").get<bool>()) return std::nullopt;
  if (!group.first()) {
    saved.emplace();
    saved->step = there.at("step").get<std::int64_t>();
    saved->state = there.at("state");
    saved->file = there.at("file").get<std::string>();
    for (const Json& one : there.at("tensors")) {
      saved->tensors[one.at("name").get<std::string>()] =
          torch::empty(one.at("sizes").get<std::vector<std::int64_t>>(),
                       static_cast<torch::ScalarType>(one.at("type").get<int>()));
    }
  }
  for (auto& [name, tensor] : saved->tensors) {
    tensor = tensor.contiguous();
    if (tensor.numel() > 0) group.broadcast(tensor, 0);
  }
  return saved;
}

}  // namespace ersatz::train
