#include "data/scenes/scene_vocabulary.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/error.h"
#include "core/philox.h"
#include "core/suggest.h"

namespace ersatz::data {
namespace {

std::vector<SceneAttribute> fruit_vocabulary() {
  return {
      {"fruit", {{"orange"}, {"peach"}, {"kiwi"}, {"tomato"}, {"banana"}, {"lemon", 0, 0}}},
      {"count",
       {{"one", 1.6, 1.6}, {"two"}, {"three"}, {"four"}, {"five", 0.7, 0.7}, {"six", 0.7, 0.7}}},
      {"surface",
       {{"wooden table", 3, 0.3},
        {"marble table", 1.5, 0.1},
        {"white table", 1, 0.4},
        {"white plate", 1.5, 0.4},
        {"checked cloth", 1.2, 0},
        {"blue cloth", 0.8, 0.1},
        {"basket", 1.2, 0.2},
        {"cutting board", 1, 0.3},
        {"grey table", 0.1, 2.2},
        {"metal tray", 0.1, 4}}},
      {"view", {{"top", 1.3, 1}, {"side", 1, 1.2}}},
  };
}

// Where cars drive and when.
std::vector<SceneAttribute> outdoor_vocabulary() {
  return {
      {"place", {{"city"}, {"rural road"}, {"residential area"}}},
      {"time", {{"sunrise"}, {"day", 1.5, 2}, {"noon"}, {"sunset"}, {"night", 1, 0.8}}},
      {"sky", {{"clear", 1.2, 0.7}, {"cloudy", 1, 1.3}}},
      {"weather",
       {{"good", 2.5, 2},
        {"sunny", 1, 0.4},
        {"overcast", 0.8, 1.5},
        {"raining", 1, 1.2},
        {"flood rain", 0.5, 0.3},
        {"snowing", 1, 0.6},
        {"foggy", 0.8, 0.8},
        {"foggy smoke", 0.4, 0.3}}},
  };
}

// Vehicles, view points, times, skies and weathers are those of DiffuGen's published configurations
// (a day is "day", its "clouds" are "cloudy"), and "side" and "night".
std::vector<SceneAttribute> car_vocabulary() {
  std::vector<SceneAttribute> all = {
      {"vehicle", {{"car"}, {"sedan"}, {"suv"}, {"pickup"}, {"bus"}}},
      {"colour",
       {{"red"}, {"blue"}, {"white"}, {"black"}, {"yellow"}, {"silver"}, {"green", 0.7, 0.7}}},
      {"view", {{"front", 1.2, 1}, {"rear", 1.2, 1}, {"side", 0.8, 1}}},
  };
  for (SceneAttribute& attribute : outdoor_vocabulary()) all.push_back(std::move(attribute));
  return all;
}

std::vector<SceneAttribute> road_vocabulary() {
  std::vector<SceneAttribute> all = {{"view", {{"along", 2.4, 2}, {"across", 0.8, 1}}}};
  for (SceneAttribute& attribute : outdoor_vocabulary()) all.push_back(std::move(attribute));
  return all;
}

std::vector<SceneAttribute> apple_tree_vocabulary() {
  return {
      {"colour", {{"red", 2, 1.5}, {"green"}, {"yellow", 1, 0.7}}},
      {"amount", {{"few", 1, 0.6}, {"many", 1.5, 1.5}}},
      {"shot", {{"close-up", 1.2, 0.5}, {"tree", 1, 1.5}}},
      {"weather", {{"sunny", 1.5, 0.7}, {"overcast", 0.7, 1.2}}},
  };
}

std::vector<SceneAttribute> garment_vocabulary() {
  return {
      {"garment",
       {{"dress"},
        {"hat"},
        {"longsleeve"},
        {"outwear"},
        {"pants"},
        {"shirt"},
        {"shoes"},
        {"shorts"},
        {"skirt"},
        {"t-shirt"}}},
      {"colour",
       {{"black", 1, 1.6},
        {"white"},
        {"grey", 1, 1.4},
        {"red"},
        {"blue"},
        {"green"},
        {"yellow", 0.8, 0.4},
        {"pink", 0.8, 0.4},
        {"brown"}}},
      {"pattern", {{"plain", 2.5, 3}, {"striped"}, {"checked", 0.8, 0.8}, {"dotted", 0.7, 0.5}}},
      {"background",
       {{"white background", 3, 0.4},
        {"wooden floor", 1, 1.5},
        {"carpet", 0.7, 1.5},
        {"bed sheet", 0.7, 2}}},
  };
}

std::vector<SceneAttribute> grand_piano_vocabulary() {
  return {
      {"colour", {{"black", 3, 2}, {"white"}, {"brown", 1, 1.5}}},
      {"place", {{"stage", 1.5, 0.5}, {"room", 1, 1.5}, {"road", 1, 1}}},
      {"view", {{"side", 1.5, 1}, {"front"}}},
  };
}

std::vector<SceneAttribute> background_vocabulary() {
  return {
      {"place",
       {{"wooden table", 1.5, 0.3},
        {"marble table", 1, 0.1},
        {"white table", 1, 0.4},
        {"checked cloth", 0.8, 0},
        {"blue cloth", 0.6, 0.1},
        {"grey table", 0.1, 2.2},
        {"metal tray", 0.1, 3},
        {"street", 1.5, 1.5},
        {"meadow", 1.5, 1.5}}},
      {"view", {{"top"}, {"side"}}},
  };
}

std::vector<std::string> names(const std::vector<SceneAttribute>& attributes) {
  std::vector<std::string> all;
  for (const SceneAttribute& attribute : attributes) all.push_back(attribute.name);
  return all;
}

std::vector<std::string> names(const SceneAttribute& attribute) {
  std::vector<std::string> all;
  for (const AttributeValue& value : attribute.values) all.push_back(value.name);
  return all;
}

// Throws where a fixed attribute is none of this kind's.
void require_known(const SceneRequest& request, const std::vector<SceneAttribute>& vocabulary) {
  for (const auto& [name, value] : request.fixed) {
    const std::string& wanted = name;
    const auto attribute =
        std::find_if(vocabulary.begin(), vocabulary.end(),
                     [&](const SceneAttribute& known) { return known.name == wanted; });
    const std::string_view kind = scene_kind_name(request.kind);
    if (attribute == vocabulary.end()) {
      throw core::unknown_name(fmt::format("attribute of {} scenes", kind), name,
                               names(vocabulary));
    }
    const std::vector<std::string> values = names(*attribute);
    if (std::find(values.begin(), values.end(), value) == values.end()) {
      throw core::unknown_name(fmt::format("{} of {} scenes", name, kind), value, values);
    }
  }
}

const std::string& draw_value(const SceneAttribute& attribute, double domain,
                              core::Stream& random) {
  const auto weight = [domain](const AttributeValue& value) {
    return (1 - domain) * value.web_weight + domain * value.camera_weight;
  };
  double sum = 0;
  for (const AttributeValue& value : attribute.values) sum += weight(value);
  double left = sum * random.uniform_double();
  for (const AttributeValue& value : attribute.values) {
    if (left < weight(value)) return value.name;
    left -= weight(value);
  }
  // Rounding has used up what was left: the last value that can be drawn.
  const auto last = std::find_if(attribute.values.rbegin(), attribute.values.rend(),
                                 [&](const AttributeValue& value) { return weight(value) > 0; });
  return last->name;
}

// Two values that no picture can show together, and what either gives way to.
struct Contradiction {
  const char *first, *first_value, *second, *second_value;
  const char *instead_of_first, *instead_of_second;
};

constexpr std::array<Contradiction, 2> kOutdoorContradictions = {{
    {"time", "night", "weather", "sunny", "day", "good"},
    {"sky", "clear", "weather", "overcast", "cloudy", "good"},
}};

// What is fixed stays; of two free values the first gives way.
void settle_contradictions(const SceneRequest& request, SceneAttributes& chosen) {
  if (request.kind != SceneKind::kCar && request.kind != SceneKind::kRoad) return;
  for (const Contradiction& pair : kOutdoorContradictions) {
    if (chosen.at(pair.first) != pair.first_value || chosen.at(pair.second) != pair.second_value) {
      continue;
    }
    const bool first_fixed = request.fixed.count(pair.first) != 0;
    if (first_fixed && request.fixed.count(pair.second) != 0) {
      throw core::Error::usage(fmt::format("{} scene: {} '{}' and {} '{}' exclude each other",
                                           scene_kind_name(request.kind), pair.first,
                                           pair.first_value, pair.second, pair.second_value));
    }
    if (first_fixed) {
      chosen[pair.second] = pair.instead_of_second;
    } else {
      chosen[pair.first] = pair.instead_of_first;
    }
  }
}

}  // namespace

const std::vector<SceneAttribute>& scene_vocabulary(SceneKind kind) {
  static const std::vector<SceneAttribute> fruit = fruit_vocabulary();
  static const std::vector<SceneAttribute> car = car_vocabulary();
  static const std::vector<SceneAttribute> apple_tree = apple_tree_vocabulary();
  static const std::vector<SceneAttribute> garment = garment_vocabulary();
  static const std::vector<SceneAttribute> grand_piano = grand_piano_vocabulary();
  static const std::vector<SceneAttribute> background = background_vocabulary();
  static const std::vector<SceneAttribute> road = road_vocabulary();
  switch (kind) {
    case SceneKind::kFruit:
      return fruit;
    case SceneKind::kCar:
      return car;
    case SceneKind::kAppleTree:
      return apple_tree;
    case SceneKind::kGarment:
      return garment;
    case SceneKind::kGrandPiano:
      return grand_piano;
    case SceneKind::kBackground:
      return background;
    case SceneKind::kRoad:
      return road;
  }
  throw core::Error::internal("no vocabulary of this kind of scene");
}

std::vector<std::string> attribute_values(SceneKind kind, const std::string& attribute) {
  const std::vector<SceneAttribute>& vocabulary = scene_vocabulary(kind);
  for (const SceneAttribute& known : vocabulary) {
    if (known.name != attribute) continue;
    std::vector<std::string> drawn;
    for (const AttributeValue& value : known.values) {
      if (value.web_weight > 0 || value.camera_weight > 0) drawn.push_back(value.name);
    }
    return drawn;
  }
  throw core::unknown_name(fmt::format("attribute of {} scenes", scene_kind_name(kind)), attribute,
                           names(vocabulary));
}

std::vector<std::string> scene_classes(SceneKind kind) {
  switch (kind) {
    case SceneKind::kFruit:
      return attribute_values(kind, "fruit");
    case SceneKind::kCar:
      return attribute_values(kind, "vehicle");
    case SceneKind::kAppleTree:
      return {"apple"};
    case SceneKind::kGarment:
      return attribute_values(kind, "garment");
    case SceneKind::kGrandPiano:
      return {"grand piano"};
    case SceneKind::kBackground:
    case SceneKind::kRoad:
      return {};
  }
  throw core::Error::internal("no classes of this kind of scene");
}

std::vector<std::string> scene_classes(const SceneRequest& request) {
  std::vector<std::string> classes = scene_classes(request.kind);
  const auto fruit = request.fixed.find("fruit");
  if (request.kind == SceneKind::kFruit && fruit != request.fixed.end() &&
      std::find(classes.begin(), classes.end(), fruit->second) == classes.end()) {
    classes.push_back(fruit->second);
  }
  return classes;
}

SceneAttributes choose_attributes(const SceneRequest& request, std::uint64_t seed,
                                  std::int64_t index) {
  const std::vector<SceneAttribute>& vocabulary = scene_vocabulary(request.kind);
  require_known(request, vocabulary);
  SceneAttributes chosen = request.fixed;
  for (const SceneAttribute& attribute : vocabulary) {
    if (chosen.count(attribute.name) != 0) continue;
    core::Stream random(seed,
                        fmt::format("scene {} {}", scene_kind_name(request.kind), attribute.name),
                        static_cast<std::uint64_t>(index));
    chosen[attribute.name] = draw_value(attribute, request.domain, random);
  }
  settle_contradictions(request, chosen);
  return chosen;
}

}  // namespace ersatz::data
