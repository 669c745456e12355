#include "generate/diffugen/config_reader.h"

#include <fmt/format.h>

#include "core/error.h"
#include "core/suggest.h"

namespace ersatz::generate {

namespace {

// Keys of these files hold no '/' or '~' where they are known; others are only looked up by line.
std::string child_of(const std::string& pointer, std::string_view key) {
  std::string child = pointer + "/";
  for (const char c : key) {
    if (c == '~') {
      child += "~0";
    } else if (c == '/') {
      child += "~1";
    } else {
      child += c;
    }
  }
  return child;
}

}  // namespace

ConfigObject::ConfigObject(const core::LocatedJson& document, const std::filesystem::path& file)
    : document_(document), file_(file), value_(&document.value) {
  if (!value_->is_object()) fail("", "a JSON object is expected");
}

ConfigObject::ConfigObject(const ConfigObject& parent, std::string_view key)
    : document_(parent.document_),
      file_(parent.file_),
      pointer_(child_of(parent.pointer_, key)),
      value_(&parent.value_->at(std::string(key))) {}

std::uint32_t ConfigObject::line(std::string_view key) const {
  const auto found = document_.lines.find(key.empty() ? pointer_ : child_of(pointer_, key));
  return found == document_.lines.end() ? 1 : found->second;
}

std::uint32_t ConfigObject::line_of(std::string_view key, std::size_t element) const {
  const auto found = document_.lines.find(child_of(pointer_, key) + "/" + std::to_string(element));
  return found == document_.lines.end() ? line(key) : found->second;
}

void ConfigObject::fail(std::string_view key, const std::string& message,
                        const std::string& hint) const {
  throw core::Error::at_line(file_, line(key),
                             key.empty() ? message : fmt::format("'{}': {}", key, message), hint);
}

bool ConfigObject::has(std::string_view key) const { return value_->contains(std::string(key)); }

const core::Json& ConfigObject::at(std::string_view key, const char* type,
                                   bool (core::Json::*is)() const noexcept) {
  known_.emplace(key);
  if (!has(key)) {
    throw core::Error::at_line(file_, line(""), fmt::format("'{}' is missing: {}", key, type));
  }
  const core::Json& value = value_->at(std::string(key));
  if (!(value.*is)()) fail(key, fmt::format("{} is expected, not {}", type, value.type_name()));
  return value;
}

std::string ConfigObject::text(std::string_view key) {
  std::string value = at(key, "a text", &core::Json::is_string).get<std::string>();
  if (value.empty()) fail(key, "must not be empty");
  return value;
}

std::string ConfigObject::text_or(std::string_view key, const std::string& absent) {
  known_.emplace(key);
  return has(key) ? at(key, "a text", &core::Json::is_string).get<std::string>() : absent;
}

bool ConfigObject::boolean(std::string_view key) {
  return at(key, "true or false", &core::Json::is_boolean).get<bool>();
}

bool ConfigObject::boolean_or(std::string_view key, bool absent) {
  known_.emplace(key);
  return has(key) ? boolean(key) : absent;
}

std::int64_t ConfigObject::integer(std::string_view key, std::int64_t least, std::int64_t most) {
  const core::Json& value = at(key, "a whole number", &core::Json::is_number_integer);
  const bool huge =
      value.is_number_unsigned() && value.get<std::uint64_t>() > static_cast<std::uint64_t>(most);
  const std::int64_t number = huge ? most : value.get<std::int64_t>();
  if (huge || number < least || number > most) {
    fail(key, fmt::format("{} is not between {} and {}", value.dump(), least, most));
  }
  return number;
}

std::int64_t ConfigObject::integer_or(std::string_view key, std::int64_t absent, std::int64_t least,
                                      std::int64_t most) {
  known_.emplace(key);
  return has(key) ? integer(key, least, most) : absent;
}

std::vector<std::string> ConfigObject::texts(std::string_view key) {
  const core::Json& list = at(key, "a list of texts", &core::Json::is_array);
  if (list.empty()) fail(key, "the list is empty");
  std::vector<std::string> values;
  std::set<std::string> seen;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const auto refuse = [&](const std::string& message) {
      throw core::Error::at_line(file_, line_of(key, i), fmt::format("'{}': {}", key, message));
    };
    if (!list[i].is_string()) {
      refuse(fmt::format("a text is expected, not {}", list[i].type_name()));
    }
    values.push_back(list[i].get<std::string>());
    if (values.back().empty()) refuse("an empty text");
    if (!seen.insert(values.back()).second) refuse(fmt::format("'{}' twice", values.back()));
  }
  return values;
}

ConfigObject ConfigObject::object(std::string_view key) {
  at(key, "an object", &core::Json::is_object);
  return ConfigObject(*this, key);
}

std::vector<std::string> ConfigObject::keys() const {
  std::vector<std::string> names;
  for (const auto& [name, value] : value_->items()) names.push_back(name);
  return names;
}

void ConfigObject::refuse_others() const {
  for (const std::string& name : keys()) {
    if (known_.count(name) > 0) continue;
    const std::string nearest =
        core::nearest_name(name, std::vector<std::string>(known_.begin(), known_.end()));
    throw core::Error::at_line(file_, line(name), fmt::format("unknown key '{}'", name),
                               nearest.empty() ? "" : fmt::format("did you mean '{}'?", nearest));
  }
}

}  // namespace ersatz::generate
