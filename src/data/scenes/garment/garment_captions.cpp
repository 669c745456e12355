#include <fmt/format.h>

#include <string>
#include <vector>

#include "data/scenes/kind_captions.h"

namespace ersatz::data::scenes {

std::vector<std::string> garment_captions(const SceneAttributes& attributes) {
  const std::string& garment = attributes.at("garment");
  const std::string& colour = attributes.at("colour");
  const std::string& pattern = attributes.at("pattern");
  const std::string& background = attributes.at("background");
  // These words have no singular for one of them, or need none.
  const bool plural = garment == "pants" || garment == "shoes" || garment == "shorts";
  const bool uncounted = garment == "outwear";
  const auto some = [&](const std::string& noun) {
    return plural || uncounted ? noun : with_article(noun);
  };
  const std::string full =
      pattern == "plain" ? colour + " " + garment : pattern + " " + colour + " " + garment;
  return {
      fmt::format("a photo of {} on a {}", some(full), background),
      fmt::format("a photo of {}", some(full)),
      fmt::format("a photo of {}", some(colour + " " + garment)),
      fmt::format("a photo of {}", some(garment)),
      fmt::format("{}, {}", full, background),
  };
}

}  // namespace ersatz::data::scenes
