#include "core/json_document.h"

#include <fmt/format.h>

#include <utility>

namespace ersatz::core {
namespace {

// Whoever walks a document does so by recursion.
constexpr std::size_t kMaxDepth = 100;
constexpr std::size_t kFewKeys = 16;  // are compared one by one

}  // namespace

bool JsonDocument::fail(std::string problem) {
  problem_ = std::move(problem);
  return false;
}

bool JsonDocument::add(Json value) {
  if (open_.empty()) {
    root_ = std::move(value);
  } else if (Json& parent = *open_.back().value; parent.is_array()) {
    parent.push_back(std::move(value));
  } else {
    // The vector that an ordered object is, without its search.
    auto& members = parent.get_ref<Json::object_t&>();
    static_cast<Json::object_t::Container&>(members).emplace_back(std::move(key_),
                                                                  std::move(value));
  }
  return true;
}

bool JsonDocument::open(Json value) {
  if (open_.size() >= kMaxDepth) return fail("nested too deeply");
  add(std::move(value));
  Json* added = &root_;
  if (!open_.empty()) {
    Json& parent = *open_.back().value;
    added = parent.is_array() ? &parent.back() : &parent.get_ref<Json::object_t&>().back().second;
  }
  open_.push_back({added, {}});
  return true;
}

bool JsonDocument::close() {
  open_.pop_back();
  return true;
}

bool JsonDocument::start_object(std::size_t /*size*/) { return open(Json::object()); }
bool JsonDocument::start_array(std::size_t /*size*/) { return open(Json::array()); }

bool JsonDocument::key(std::string& name) {
  Open& here = open_.back();
  const auto& members = here.value->get_ref<Json::object_t&>();
  bool again = false;
  if (members.size() < kFewKeys) {
    for (const auto& [known, value] : members) again = again || known == name;
  } else {
    if (here.keys.empty()) {
      for (const auto& [known, value] : members) here.keys.insert(known);
    }
    again = !here.keys.insert(name).second;
  }
  if (again) return fail(fmt::format("key '{}' appears twice", name));
  key_ = std::move(name);
  return true;
}

bool JsonDocument::parse_error(std::size_t position, const std::string& /*token*/,
                               const nlohmann::detail::exception& error) {
  if (dynamic_cast<const Json::out_of_range*>(&error) != nullptr) {
    return fail("a number in it is too large");
  }
  byte_ = position;
  return fail("not valid JSON");
}

}  // namespace ersatz::core
