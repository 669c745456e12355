#include "models/classifier_file.h"

#include <fmt/format.h>

#include "core/error.h"
#include "core/json.h"
#include "data/photos/pixel_scaling.h"
#include "models/module_state.h"
#include "models/options_metadata.h"
#include "models/safetensors.h"

namespace ersatz::models {

namespace {

constexpr const char* kKind = "image-classifier";

// The numbers among the options; texts are written beside them.
template <typename Architecture, typename Visit>
void visit_options(Architecture& architecture, Visit&& visit) {
  visit("classes", architecture.classes);
  visit("width", architecture.width);
  visit("dropout", architecture.dropout);
}

// The largest tensors that the options lead to; all others together are a few times as large.
void require_stated_sizes(const NamedTensors& tensors, const ClassifierArchitecture& architecture,
                          const std::filesystem::path& path) {
  if (architecture.name.rfind("resnet", 0) == 0) {
    const std::int64_t channels = 8 * architecture.width;
    require_shape(tensors, "layer4.0.conv2.weight", {channels, channels, 3, 3}, path);
    require_shape(tensors, "fc.weight", {architecture.classes, channels}, path);
  } else if (architecture.name.rfind("squeezenet", 0) == 0) {
    require_shape(tensors, "classifier.1.weight", {architecture.classes, 512, 1, 1}, path);
  }
}

}  // namespace

void save_image_classifier(const std::filesystem::path& path, const ImageClassifier& network,
                           const ClassifierDescription& description) {
  const ClassifierArchitecture& architecture = description.architecture;
  MetadataWriter writer(kKind);
  visit_options(architecture, writer);
  std::map<std::string, std::string> metadata = writer.metadata();
  metadata["architecture"] = architecture.name;
  metadata["small_stem"] = architecture.small_stem ? "1" : "0";
  metadata["class_names"] = core::Json(description.classes).dump();
  metadata["pixel_scaling"] = description.scaling;
  save_safetensors(path, module_state(network), metadata);
}

LoadedClassifier load_image_classifier(const std::filesystem::path& path) {
  const Safetensors file = load_safetensors(path);
  LoadedClassifier loaded;
  ClassifierArchitecture& architecture = loaded.description.architecture;
  visit_options(architecture, MetadataReader(kKind, file.metadata, path));
  const auto text = [&](const char* name) {
    const auto found = file.metadata.find(name);
    if (found == file.metadata.end()) {
      throw core::Error::untrusted(path, fmt::format("metadata '{}' is not there", name));
    }
    return found->second;
  };
  architecture.name = text("architecture");
  architecture.small_stem = text("small_stem") == "1";
  loaded.description.classes = class_names(text("class_names"), path);
  loaded.description.scaling = text("pixel_scaling");
  if (static_cast<std::int64_t>(loaded.description.classes.size()) != architecture.classes) {
    throw core::Error::untrusted(
        path, fmt::format("{} class names for {} classes", loaded.description.classes.size(),
                          architecture.classes));
  }
  require_stated_sizes(file.tensors, architecture, path);
  try {
    data::pixel_scaling(loaded.description.scaling);
    loaded.network = make_image_classifier(architecture, 0);
  } catch (const core::Error& error) {
    throw core::Error::untrusted(path, error.what());
  }
  load_module_state(*loaded.network, file.tensors, path);
  loaded.network->eval();
  return loaded;
}

}  // namespace ersatz::models
