#include "data/scenes/scene_captions.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/error.h"
#include "core/philox.h"
#include "data/scenes/kind_captions.h"
#include "data/scenes/scene_vocabulary.h"

namespace ersatz::data {

namespace scenes {

std::string with_article(const std::string& noun) {
  const bool vowel = std::string("aeiou").find(noun.at(0)) != std::string::npos;
  return (vowel ? "an " : "a ") + noun;
}

}  // namespace scenes

std::vector<std::string> scene_captions(SceneKind kind, const SceneAttributes& attributes) {
  for (const SceneAttribute& needed : scene_vocabulary(kind)) {
    if (attributes.count(needed.name) == 0) {
      throw core::Error::usage(fmt::format("caption of {} scenes: attribute '{}' is missing",
                                           scene_kind_name(kind), needed.name));
    }
  }
  switch (kind) {
    case SceneKind::kFruit:
      return scenes::fruit_captions(attributes);
    case SceneKind::kCar:
      return scenes::car_captions(attributes);
    case SceneKind::kAppleTree:
      return scenes::apple_tree_captions(attributes);
    case SceneKind::kGarment:
      return scenes::garment_captions(attributes);
    case SceneKind::kGrandPiano:
      return scenes::grand_piano_captions(attributes);
    case SceneKind::kBackground:
      return scenes::background_captions(attributes);
  }
  throw core::Error::internal("no captions for this kind of scene");
}

CaptionedImages captioned_scenes(const CaptionedScenes& mixture) {
  std::vector<std::pair<SceneRequest, double>> parts;  // with the share up to and including it
  double sum = 0;
  for (const auto& [kind, weight] : mixture.weights) {
    if (!(weight >= 0) || !std::isfinite(weight)) {
      throw core::Error::usage(fmt::format("captioned scenes: weight {} of {} is not a share",
                                           weight, scene_kind_name(kind)));
    }
    if (weight == 0) continue;
    sum += weight;
    SceneRequest request;
    request.kind = kind;
    const auto fixed = mixture.fixed.find(kind);
    if (fixed != mixture.fixed.end()) request.fixed = fixed->second;
    request.width = mixture.width;
    request.height = mixture.height;
    request.domain = mixture.domain;
    parts.emplace_back(std::move(request), sum);
  }
  if (parts.empty()) {
    throw core::Error::usage("captioned scenes: no kind of scene has a weight above 0");
  }
  return [parts = std::move(parts), sum, seed = mixture.seed](std::int64_t index) {
    core::Stream random(seed, "captioned scenes", static_cast<std::uint64_t>(index));
    const double at = sum * random.uniform_double();
    std::size_t part = 0;
    while (part + 1 < parts.size() && at >= parts[part].second) ++part;
    Scene scene = draw_scene(parts[part].first, seed, index);
    std::vector<std::string> others = scene_captions(parts[part].first.kind, scene.attributes);
    const auto own = std::find(others.begin(), others.end(), scene.caption);
    if (own != others.end()) others.erase(own);
    return CaptionedImage{std::move(scene.image), std::move(scene.caption), std::move(others)};
  };
}

}  // namespace ersatz::data
