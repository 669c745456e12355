// Drawn orchards: of the camera domain as stand-ins for photographs, of the web domain, with exact
// boxes, for the network that labels generated pictures.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "core/config.h"
#include "data/detection/detection_set.h"
#include "data/scenes/scene.h"
#include "label/dataset/labelled_dataset.h"

namespace ersatz::apples {

// Camera domain, of scenes.side px and scenes.shot ("": any).
data::SceneRequest real_orchards(const core::Config& config);

// Sets for different uses ("train", "labeller", ...) share no scene.
std::uint64_t orchard_seed(const std::string& use, std::int64_t seed);

// What write_scenes() wrote, as somebody would label it: apples smaller than scenes.least_side px
// or seen less than scenes.least_visible (a share of what could be seen were nothing in front) are
// crowds.
label::LabelledDataset visible_apples(const core::Config& config,
                                      const std::filesystem::path& annotations,
                                      const std::filesystem::path& images);

// Lessons in memory, of the web domain and scenes.side px, brought to `size` px: apples with the
// same rule, or fruits on a surface (no apples), what a network has seen before it sees apples.
enum class DrawnLesson { kApples, kFruits };
data::DetectionSet drawn_lessons(const core::Config& config, DrawnLesson lesson, std::int64_t count,
                                 int size, std::int64_t seed);

}  // namespace ersatz::apples
