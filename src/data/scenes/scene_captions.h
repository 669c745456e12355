// Scenes in words: captions for text-to-image training that say only what can be seen.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "data/captioned_image.h"
#include "data/scenes/scene.h"

namespace ersatz::data {

// Every way this project has of describing such a scene: short and long, at least three. For fruit
// the pattern of the fruit experiment ("a photo of whole oranges on the table. top view") is among
// them where it is true; for cars the order of DiffuGen's placeholders (view point, object, place,
// sky, weather, time). `attributes` must be complete, as in Scene.
std::vector<std::string> scene_captions(SceneKind kind, const SceneAttributes& attributes);

// A mixture of kinds as training material of a text-to-image model.
struct CaptionedScenes {
  // Share of each kind, relative to the others; a kind not named or with weight 0 never appears.
  std::map<SceneKind, double> weights = {{SceneKind::kFruit, 1},
                                         {SceneKind::kCar, 1},
                                         {SceneKind::kAppleTree, 1},
                                         {SceneKind::kGarment, 1}};
  std::map<SceneKind, SceneAttributes> fixed;  // attributes that all scenes of a kind share
  int width = 128, height = 128;               // px
  double domain = kWebDomain;
  std::uint64_t seed = 0;
};

// Scene `index` has a random kind of the mixture and is that kind's scene `index`. Throws
// Error::usage when no weight is positive or one is negative, and as draw_scene does.
CaptionedImages captioned_scenes(const CaptionedScenes& mixture);

// The sentences of that supply alone: picture `index`'s caption, then its paraphrases. Draws
// nothing.
using CaptionLists = std::function<std::vector<std::string>(std::int64_t index)>;
CaptionLists captions_of_scenes(const CaptionedScenes& mixture);

}  // namespace ersatz::data
