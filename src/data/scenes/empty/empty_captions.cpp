#include <fmt/format.h>

#include <string>
#include <vector>

#include "data/scenes/kind_captions.h"

namespace ersatz::data::scenes {

std::vector<std::string> background_captions(const SceneAttributes& attributes) {
  const std::string& place = attributes.at("place");
  const std::string& view = attributes.at("view");
  if (place == "street")
    return {"a photo of an empty street", "an empty street", "a photo of a street"};
  if (place == "meadow") {
    return {"a photo of a meadow with trees", "a meadow with trees", "a photo of a meadow"};
  }
  return {
      fmt::format("a photo of {}. {} view", with_article(place), view),
      fmt::format("a photo of {}", with_article(place)),
      fmt::format("{}, {} view", with_article(place), view),
  };
}

}  // namespace ersatz::data::scenes
