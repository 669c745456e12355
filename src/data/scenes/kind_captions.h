// The captions of each kind of scene; scene_captions() chooses among these.
#pragma once

#include <string>
#include <vector>

#include "data/scenes/scene.h"

namespace ersatz::data::scenes {

std::vector<std::string> fruit_captions(const SceneAttributes& attributes);
std::vector<std::string> apple_tree_captions(const SceneAttributes& attributes);
std::vector<std::string> garment_captions(const SceneAttributes& attributes);
std::vector<std::string> grand_piano_captions(const SceneAttributes& attributes);
std::vector<std::string> background_captions(const SceneAttributes& attributes);
std::vector<std::string> car_captions(const SceneAttributes& attributes);
std::vector<std::string> road_captions(const SceneAttributes& attributes);

// "a red car", "an orange".
std::string with_article(const std::string& noun);

}  // namespace ersatz::data::scenes
