#include "models/detection/detector_file.h"

#include <fmt/format.h>

#include "core/error.h"
#include "core/json.h"
#include "models/module_state.h"
#include "models/options_metadata.h"
#include "models/weights/weights.h"

namespace ersatz::models {

namespace {

constexpr const char* kKind = "detector";

template <typename Description, typename Visit>
void visit_options(Description& description, std::int64_t& size, Visit&& visit) {
  visit("classes", description.architecture.classes);
  visit("smallest_anchor", description.architecture.smallest_anchor);
  visit("size", size);
}

}  // namespace

void save_detector(const std::filesystem::path& path, const NamedTensors& tensors,
                   const DetectorDescription& description) {
  MetadataWriter writer(kKind);
  DetectorDescription copy = description;
  std::int64_t size = copy.size;
  visit_options(copy, size, writer);
  std::map<std::string, std::string> metadata = writer.metadata();
  metadata["architecture"] = description.architecture.name;
  metadata["class_names"] = core::Json(description.classes).dump();
  save_safetensors(path, tensors, metadata);
}

bool is_detector_file(const std::filesystem::path& path) {
  try {
    const Weights weights = open_weights(path);
    const auto found = weights.metadata.find("network");
    return found != weights.metadata.end() && found->second == kKind;
  } catch (const core::Error&) {
    return false;
  }
}

LoadedDetector load_detector(const std::filesystem::path& path) {
  const Safetensors file = load_safetensors(path);
  LoadedDetector loaded;
  DetectorDescription& description = loaded.description;
  std::int64_t size = 0;
  visit_options(description, size, MetadataReader(kKind, file.metadata, path));
  description.size = static_cast<int>(size);
  const auto text = [&](const char* name) {
    const auto found = file.metadata.find(name);
    if (found == file.metadata.end()) {
      throw core::Error::untrusted(path, fmt::format("metadata '{}' is not there", name));
    }
    return found->second;
  };
  description.architecture.name = text("architecture");
  description.classes = class_names(text("class_names"), path);
  if (static_cast<std::int64_t>(description.classes.size()) != description.architecture.classes) {
    throw core::Error::untrusted(
        path, fmt::format("{} class names for {} classes", description.classes.size(),
                          description.architecture.classes));
  }
  try {
    loaded.network = make_detector(description.architecture, 0);
  } catch (const core::Error& error) {
    throw core::Error::untrusted(path, error.what());
  }
  load_module_state(*loaded.network, file.tensors, path);
  loaded.network->eval();
  return loaded;
}

}  // namespace ersatz::models
