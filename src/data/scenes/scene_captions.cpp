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
    case SceneKind::kRoad:
      return scenes::road_captions(attributes);
  }
  throw core::Error::internal("no captions for this kind of scene");
}

namespace {

// The kinds of a mixture, one of which each picture is.
class Mixture {
 public:
  explicit Mixture(const CaptionedScenes& mixture) : seed_(mixture.seed) {
    for (const auto& [kind, weight] : mixture.weights) {
      if (!(weight >= 0) || !std::isfinite(weight)) {
        throw core::Error::usage(fmt::format("captioned scenes: weight {} of {} is not a share",
                                             weight, scene_kind_name(kind)));
      }
      if (weight == 0) continue;
      sum_ += weight;
      SceneRequest request;
      request.kind = kind;
      const auto fixed = mixture.fixed.find(kind);
      if (fixed != mixture.fixed.end()) request.fixed = fixed->second;
      request.width = mixture.width;
      request.height = mixture.height;
      request.domain = mixture.domain;
      parts_.emplace_back(std::move(request), sum_);
    }
    if (parts_.empty()) {
      throw core::Error::usage("captioned scenes: no kind of scene has a weight above 0");
    }
  }

  std::uint64_t seed() const { return seed_; }

  const SceneRequest& request(std::int64_t index) const {
    core::Stream random(seed_, "captioned scenes", static_cast<std::uint64_t>(index));
    const double at = sum_ * random.uniform_double();
    std::size_t part = 0;
    while (part + 1 < parts_.size() && at >= parts_[part].second) ++part;
    return parts_[part].first;
  }

 private:
  std::uint64_t seed_;
  std::vector<std::pair<SceneRequest, double>> parts_;  // with the share up to and including it
  double sum_ = 0;
};

// What else could be said of the scene.
std::vector<std::string> paraphrases(SceneKind kind, const SceneAttributes& attributes,
                                     const std::string& caption) {
  std::vector<std::string> others = scene_captions(kind, attributes);
  const auto own = std::find(others.begin(), others.end(), caption);
  if (own != others.end()) others.erase(own);
  return others;
}

}  // namespace

CaptionedImages captioned_scenes(const CaptionedScenes& mixture) {
  return [parts = Mixture(mixture)](std::int64_t index) {
    const SceneRequest& request = parts.request(index);
    Scene scene = draw_scene(request, parts.seed(), index);
    std::vector<std::string> others = paraphrases(request.kind, scene.attributes, scene.caption);
    return CaptionedImage{std::move(scene.image), std::move(scene.caption), std::move(others)};
  };
}

CaptionLists captions_of_scenes(const CaptionedScenes& mixture) {
  return [parts = Mixture(mixture)](std::int64_t index) {
    const SceneRequest& request = parts.request(index);
    const SceneDescription scene = describe_scene(request, parts.seed(), index);
    std::vector<std::string> all = paraphrases(request.kind, scene.attributes, scene.caption);
    all.insert(all.begin(), scene.caption);
    return all;
  };
}

}  // namespace ersatz::data
