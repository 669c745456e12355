#include <fmt/format.h>

#include <string>
#include <vector>

#include "data/scenes/kind_captions.h"

namespace ersatz::data::scenes {
namespace {

std::string plural(const std::string& fruit) {
  if (fruit == "peach" || fruit == "tomato") return fruit + "es";
  return fruit + "s";
}

// "on a wooden table", "in a basket".
std::string place(const std::string& surface) {
  return (surface == "basket" ? "in " : "on ") + with_article(surface);
}

}  // namespace

std::vector<std::string> fruit_captions(const SceneAttributes& attributes) {
  const std::string& fruit = attributes.at("fruit");
  const std::string& count = attributes.at("count");
  const std::string& surface = attributes.at("surface");
  const std::string& view = attributes.at("view");
  const bool single = count == "one";
  const std::string some = single ? with_article(fruit) : plural(fruit);
  const std::string counted = count + " " + (single ? fruit : plural(fruit));
  const std::string whole = single ? "a whole " + fruit : "whole " + plural(fruit);
  const std::string where = place(surface);

  std::vector<std::string> captions = {
      fmt::format("a photo of {} {}. {} view", whole, where, view),
      fmt::format("a photo of {} {}. {} view", counted, where, view),
      fmt::format("a photo of {} {}", some, where),
      fmt::format("a photo of {}", some),
      fmt::format("{} {}, {} view", counted, where, view),
      fmt::format("a {} view photo of {}", view, counted),
  };
  if (surface.find("table") != std::string::npos) {
    // The pattern of the fruit experiment's prompts; twice, since generation will use it.
    captions.push_back(fmt::format("a photo of {} on the table. {} view", whole, view));
    captions.push_back(fmt::format("a photo of {} on the table. {} view", whole, view));
    captions.push_back(fmt::format("a photo of {} on the table", some));
  }
  return captions;
}

}  // namespace ersatz::data::scenes
