#include <fmt/format.h>

#include <string>
#include <vector>

#include "data/scenes/kind_captions.h"

namespace ersatz::data::scenes {
namespace {

// Fog hides the sky, and so do the houses across the street from a camera at its side. "overcast"
// says it already.
bool shows_sky(const SceneAttributes& attributes) {
  const std::string& weather = attributes.at("weather");
  if (weather == "foggy" || weather == "foggy smoke" || weather == "overcast") return false;
  const std::string& view = attributes.at("view");
  return (view != "side" && view != "across") || attributes.at("place") != "city";
}

std::string time_phrase(const std::string& time) {
  if (time == "day") return "during the day";
  return "at " + time;
}

std::string weather_phrase(const std::string& weather) {
  if (weather == "raining") return "in the rain";
  if (weather == "flood rain") return "in flood rain";
  if (weather == "snowing") return "in the snow";
  if (weather == "foggy") return "in fog";
  if (weather == "foggy smoke") return "in foggy smoke";
  return "in " + weather + " weather";
}

std::string place_noun(const std::string& place) {
  if (place == "city") return "a city with high-rise buildings";
  if (place == "rural road") return "a rural road";
  return "a residential area with houses";
}

std::string place_phrase(const std::string& place) {
  return (place == "rural road" ? "driving on " : "driving through ") + place_noun(place);
}

std::string sky_phrase(const std::string& sky) {
  return sky == "clear" ? "clear sky" : "sky with clouds";
}

}  // namespace

std::vector<std::string> car_captions(const SceneAttributes& attributes) {
  const std::string& vehicle = attributes.at("vehicle");
  const std::string& view = attributes.at("view");
  const std::string& time = attributes.at("time");
  const std::string& weather = attributes.at("weather");
  const std::string& place = attributes.at("place");
  const std::string coloured = attributes.at("colour") + " " + vehicle;
  const std::string sky = sky_phrase(attributes.at("sky"));
  const std::string with_sky = shows_sky(attributes) ? sky + ", " : "";

  return {
      fmt::format("{} view of a {} {}, {}{} weather, {}", view, coloured, place_phrase(place),
                  with_sky, weather, time),
      fmt::format("a photo of a {}, {} view, {}{}, {}", coloured, view, with_sky,
                  weather_phrase(weather), time_phrase(time)),
      fmt::format("{} view of a {} {}. {}{} weather. {} time", view, vehicle, place_phrase(place),
                  shows_sky(attributes) ? sky + ". " : "", weather, time),
      fmt::format("a photo of a {} {} {}", coloured, weather_phrase(weather), time_phrase(time)),
      fmt::format("a photo of a {}, {} view", coloured, view),
      fmt::format("a photo of a {} {}", vehicle, place_phrase(place)),
      fmt::format("a photo of a {}", coloured),
      fmt::format("a {} {}", vehicle, time_phrase(time)),
  };
}

std::vector<std::string> road_captions(const SceneAttributes& attributes) {
  const std::string& time = attributes.at("time");
  const std::string& weather = attributes.at("weather");
  const std::string place = place_noun(attributes.at("place"));
  const std::string sky = sky_phrase(attributes.at("sky"));
  const std::string with_sky = shows_sky(attributes) ? sky + ", " : "";
  return {
      fmt::format("{}, {}{} weather, {}", place, with_sky, weather, time),
      fmt::format("a photo of {}, {}{}, {}", place, with_sky, weather_phrase(weather),
                  time_phrase(time)),
      fmt::format("{}. {}{} weather. {} time", place, shows_sky(attributes) ? sky + ". " : "",
                  weather, time),
      fmt::format("a photo of {} {} {}", place, weather_phrase(weather), time_phrase(time)),
      fmt::format("a photo of {}", place),
      fmt::format("{} {}", place, time_phrase(time)),
  };
}

}  // namespace ersatz::data::scenes
