// The words that describe scenes: per kind, the attributes and the values each can have.
#pragma once

#include <string>
#include <vector>

#include "data/scenes/scene.h"

namespace ersatz::data {

struct AttributeValue {
  std::string name;
  // How often it is drawn in either domain, relative to the other values; in between, the shares
  // are mixed. 0 in both: only on request.
  double web_weight = 1, camera_weight = 1;
};

struct SceneAttribute {
  std::string name;
  std::vector<AttributeValue> values;
};

const std::vector<SceneAttribute>& scene_vocabulary(SceneKind kind);

// The names of the values of one attribute that are drawn without request, e.g. the ten garments.
// Error::unknown when the kind has no such attribute.
std::vector<std::string> attribute_values(SceneKind kind, const std::string& attribute);

// The classes of the objects of such scenes, in the vocabulary's order: the five fruits, the five
// vehicles, {"apple"}, the ten garments, {"grand piano"}, none.
std::vector<std::string> scene_classes(SceneKind kind);
// The same, and behind them the one that is only drawn on request, where this one fixes it: a
// lemon, for what has never seen one.
std::vector<std::string> scene_classes(const SceneRequest& request);

// The attributes of scene `index`: what the request fixes, and the rest drawn, each from a stream
// of its own. Throws as draw_scene.
SceneAttributes choose_attributes(const SceneRequest& request, std::uint64_t seed,
                                  std::int64_t index);

}  // namespace ersatz::data
