#include "report/export/training_log.h"

#include <fmt/format.h>

#include <limits>
#include <map>
#include <optional>

#include "core/error.h"
#include "core/file_system.h"
#include "core/json.h"

namespace ersatz::report {
namespace {

namespace fs = std::filesystem;
using core::Json;
using Points = std::map<std::int64_t, double>;

// Names are paths of keys: a long key before a long list would be written once for each number.
constexpr std::size_t kMaxCurveName = 1024;  // bytes
constexpr std::size_t kMaxCurves = 10'000;

std::optional<double> number_of(const Json& value) {
  if (value.is_number()) return value.get<double>();
  if (value.is_null()) return std::numeric_limits<double>::quiet_NaN();
  if (!value.is_string()) return std::nullopt;
  const auto& word = value.get_ref<const std::string&>();
  if (word == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (word == "Infinity") return std::numeric_limits<double>::infinity();
  if (word == "-Infinity") return -std::numeric_limits<double>::infinity();
  return std::nullopt;
}

void collect(const std::string& name, const Json& value, std::int64_t step, const fs::path& place,
             std::map<std::string, Points>& curves) {
  const auto number = number_of(value);
  if (!number && !value.is_structured()) return;
  if (name.size() > kMaxCurveName) {
    throw core::Error::untrusted(
        place, fmt::format("the name of a curve is longer than {} bytes", kMaxCurveName));
  }
  if (value.is_object()) {
    for (const auto& [key, inner] : value.items()) {
      collect(fmt::format("{}/{}", name, key), inner, step, place, curves);
    }
  } else if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i) {
      collect(fmt::format("{}/{}", name, i), value[i], step, place, curves);
    }
  } else {
    curves[name][step] = *number;
    if (curves.size() > kMaxCurves) {
      throw core::Error::untrusted(place, fmt::format("more than {} curves", kMaxCurves));
    }
  }
}

}  // namespace

std::vector<Curve> read_training_log(const fs::path& file, const std::string& prefix,
                                     std::vector<std::string>& warnings) {
  const std::string text = core::read_file(file);
  std::map<std::string, Points> curves;
  std::size_t line_number = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    ++line_number;
    const std::size_t end = text.find('\n', begin);
    if (end == std::string::npos) {
      warnings.push_back(fmt::format("{}: its last line is cut off", file.string()));
      break;
    }
    const std::string line = text.substr(begin, end - begin);
    begin = end + 1;
    if (line.empty()) continue;
    const fs::path place = fmt::format("{}:{}", file.string(), line_number);
    const Json json = core::parse_python_json(line, place);
    if (!json.is_object() || !json.contains("step") || !json.at("step").is_number_integer()) {
      throw core::Error::untrusted(place, "is no object with a whole \"step\"");
    }
    const auto step = json.at("step").get<std::int64_t>();
    for (const auto& [key, value] : json.items()) {
      if (key != "step") collect(prefix + key, value, step, place, curves);
    }
  }
  std::vector<Curve> result;
  for (const auto& [name, points] : curves) {
    Curve curve{name, {}};
    for (const auto& [step, value] : points) curve.points.push_back({step, value});
    result.push_back(std::move(curve));
  }
  return result;
}

}  // namespace ersatz::report
