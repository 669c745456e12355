#include <fmt/format.h>

#include <string>
#include <vector>

#include "data/scenes/kind_captions.h"

namespace ersatz::data::scenes {

std::vector<std::string> grand_piano_captions(const SceneAttributes& attributes) {
  const std::string piano = attributes.at("colour") + " grand piano";
  const std::string& place = attributes.at("place");
  const std::string where = (place == "room" ? "in a " : "on a ") + place;
  const std::string& view = attributes.at("view");
  return {
      fmt::format("a photo of a {} {}, {} view", piano, where, view),
      fmt::format("a photo of a {} {}", piano, where),
      fmt::format("a photo of a grand piano {}", where),
      fmt::format("a photo of a {}", piano),
      "a photo of a grand piano",
  };
}

}  // namespace ersatz::data::scenes
