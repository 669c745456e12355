// Prompts with places for attributes: "a {view_point} view of a {object_name}".
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace ersatz::generate {

// What a picture of DiffuGen shows, as its prompts and file names say it.
struct DiffuGenAttributes {
  std::string view_point, object_name, time_of_day, sky_condition, weather_condition;
};

inline constexpr std::array<std::string_view, 5> kDiffuGenPlaceholders = {
    "view_point", "object_name", "time_of_day", "sky_condition", "weather_condition"};

// Value of a placeholder by its name. Error::internal for another name.
const std::string& attribute(const DiffuGenAttributes& attributes, std::string_view placeholder);

// Names in braces, in order, each as often as it occurs. Braces that are not closed, and what is
// between them, are text.
std::vector<std::string> placeholders(std::string_view prompt_template);

// With every known placeholder replaced.
std::string fill(std::string_view prompt_template, const DiffuGenAttributes& attributes);

}  // namespace ersatz::generate
