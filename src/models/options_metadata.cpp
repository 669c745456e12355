#include "models/options_metadata.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "core/error.h"
#include "core/json.h"

namespace ersatz::models {

namespace {

template <typename Number>
bool parse_whole(const std::string& text, Number& value) {
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value);
  return result.ec == std::errc() && result.ptr == end;
}

}  // namespace

void MetadataWriter::operator()(const char* name, std::int64_t value) {
  metadata_[name] = fmt::format("{}", value);
}

void MetadataWriter::operator()(const char* name, double value) {
  metadata_[name] = fmt::format("{}", value);
}

MetadataReader::MetadataReader(const char* kind, const std::map<std::string, std::string>& metadata,
                               std::filesystem::path file)
    : metadata_(metadata), file_(std::move(file)) {
  if (text("network") != kind) {
    throw core::Error::untrusted(file_,
                                 fmt::format("holds a '{}', not a '{}'", text("network"), kind));
  }
}

void MetadataReader::operator()(const char* name, std::int64_t& value) const {
  if (!parse_whole(text(name), value) || value < 0 || value > 1'000'000) {
    throw core::Error::untrusted(file_, fmt::format("metadata '{}' is '{}'", name, text(name)));
  }
}

void MetadataReader::operator()(const char* name, double& value) const {
  if (!parse_whole(text(name), value) || !std::isfinite(value)) {
    throw core::Error::untrusted(file_, fmt::format("metadata '{}' is '{}'", name, text(name)));
  }
}

const std::string& MetadataReader::text(const char* name) const {
  const auto found = metadata_.find(name);
  if (found == metadata_.end()) {
    throw core::Error::untrusted(file_, fmt::format("metadata '{}' is not there", name));
  }
  return found->second;
}

std::vector<std::string> class_names(const std::string& text, const std::filesystem::path& file) {
  const core::Json list = core::Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!list.is_array()) throw core::Error::untrusted(file, "metadata 'class_names' is no list");
  std::vector<std::string> names;
  for (const core::Json& name : list) {
    if (!name.is_string()) throw core::Error::untrusted(file, "a class name is no text");
    names.push_back(name.get<std::string>());
  }
  return names;
}

}  // namespace ersatz::models
