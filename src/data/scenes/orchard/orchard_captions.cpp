#include <fmt/format.h>

#include <string>
#include <vector>

#include "data/scenes/kind_captions.h"

namespace ersatz::data::scenes {

std::vector<std::string> apple_tree_captions(const SceneAttributes& attributes) {
  const std::string& colour = attributes.at("colour");
  const std::string& amount = attributes.at("amount");
  const std::string& weather = attributes.at("weather");
  const std::string some = amount == "few" ? "a few" : "many";
  if (attributes.at("shot") == "close-up") {
    return {
        fmt::format("a close-up photo of {} {} apples on a tree in an orchard", some, colour),
        fmt::format("a photo of {} {} apples among leaves, {} weather", some, colour, weather),
        fmt::format("{} apples on a tree, close-up", colour),
        fmt::format("a photo of {} apples on a tree", colour),
        "a photo of apples on a tree in an orchard",
    };
  }
  return {
      fmt::format("a photo of an apple tree in an orchard with {} {} apples, {} weather", some,
                  colour, weather),
      fmt::format("a photo of an apple tree with {} {} apples", some, colour),
      fmt::format("an apple tree in an orchard with {} apples", colour),
      fmt::format("a photo of an apple tree in {} weather", weather),
      "a photo of an apple tree in an orchard",
  };
}

}  // namespace ersatz::data::scenes
