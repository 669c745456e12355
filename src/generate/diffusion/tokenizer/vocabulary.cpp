#include "generate/diffusion/tokenizer/vocabulary.h"

#include <nlohmann/json.hpp>

namespace ersatz::generate {

std::int32_t Vocabulary::find(const std::string& token) const {
  const auto found = ids.find(token);
  return found == ids.end() ? -1 : found->second;
}

bool Vocabulary::append(const std::string& token) {
  if (!ids.emplace(token, static_cast<std::int32_t>(tokens.size())).second) return false;
  tokens.push_back(token);
  return true;
}

std::string json_quoted(std::string_view token) {
  return nlohmann::json(token).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

}  // namespace ersatz::generate
