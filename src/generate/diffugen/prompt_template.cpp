#include "generate/diffugen/prompt_template.h"

#include <algorithm>
#include <functional>

#include "core/error.h"

namespace ersatz::generate {

namespace {

// Calls `found(name)` for every placeholder; `text(part)` for what is between them.
void walk(std::string_view prompt, const std::function<void(std::string_view)>& text,
          const std::function<void(std::string_view)>& found) {
  std::size_t at = 0;
  while (at < prompt.size()) {
    const std::size_t open = prompt.find('{', at);
    const std::size_t close = open == std::string_view::npos ? open : prompt.find('}', open);
    if (close == std::string_view::npos) break;
    text(prompt.substr(at, open - at));
    found(prompt.substr(open + 1, close - open - 1));
    at = close + 1;
  }
  text(prompt.substr(at));
}

bool is_known(std::string_view name) {
  return std::find(kDiffuGenPlaceholders.begin(), kDiffuGenPlaceholders.end(), name) !=
         kDiffuGenPlaceholders.end();
}

}  // namespace

const std::string& attribute(const DiffuGenAttributes& attributes, std::string_view placeholder) {
  if (placeholder == "view_point") return attributes.view_point;
  if (placeholder == "object_name") return attributes.object_name;
  if (placeholder == "time_of_day") return attributes.time_of_day;
  if (placeholder == "sky_condition") return attributes.sky_condition;
  if (placeholder == "weather_condition") return attributes.weather_condition;
  throw core::Error::internal("no placeholder '" + std::string(placeholder) + "'");
}

std::vector<std::string> placeholders(std::string_view prompt_template) {
  std::vector<std::string> names;
  walk(
      prompt_template, [](std::string_view) {},
      [&](std::string_view name) { names.emplace_back(name); });
  return names;
}

std::string fill(std::string_view prompt_template, const DiffuGenAttributes& attributes) {
  std::string prompt;
  walk(
      prompt_template, [&](std::string_view text) { prompt += text; },
      [&](std::string_view name) {
        if (is_known(name)) {
          prompt += attribute(attributes, name);
        } else {
          prompt.append("{").append(name).append("}");
        }
      });
  return prompt;
}

}  // namespace ersatz::generate
