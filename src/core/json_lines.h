// Where the values of a JSON document stand in its text, so that a mistake can be named by line.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "core/json.h"

namespace ersatz::core {

// JSON pointer ("/txt2img/prompts/2", "" for the document) -> line, from 1. In an object a value
// stands where its key stands.
using JsonLines = std::map<std::string, std::uint32_t>;

// Of text that parse_json accepts; of other text the result means nothing.
JsonLines json_lines(std::string_view text);

struct LocatedJson {
  Json value;
  JsonLines lines;
};
// As read_json.
LocatedJson read_located_json(const std::filesystem::path& path);

}  // namespace ersatz::core
