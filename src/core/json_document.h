// From the events of the JSON library's parser to a value, in time linear in the text.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "core/json.h"

namespace ersatz::core {

// The library's own builder looks for every key among those before it: an object with n keys takes
// n^2 steps, and of two equal keys the last is kept. This one refuses equal keys. An instance
// builds one value: Json::sax_parse(text, &document).
class JsonDocument {
 public:
  bool null() { return add(nullptr); }
  bool boolean(bool value) { return add(value); }
  bool number_integer(Json::number_integer_t value) { return add(value); }
  bool number_unsigned(Json::number_unsigned_t value) { return add(value); }
  bool number_float(Json::number_float_t value, const std::string& /*text*/) { return add(value); }
  bool string(std::string& value) { return add(std::move(value)); }
  bool binary(Json::binary_t& /*value*/) { return false; }  // is in no text
  bool start_object(std::size_t size);
  bool key(std::string& name);
  bool end_object() { return close(); }
  bool start_array(std::size_t size);
  bool end_array() { return close(); }
  bool parse_error(std::size_t position, const std::string& token,
                   const nlohmann::detail::exception& error);

  // After sax_parse() returned false: what is wrong, and at which byte if that is known.
  const std::string& problem() const { return problem_; }
  std::optional<std::size_t> byte() const { return byte_; }
  // After it returned true. May be called once.
  Json take() { return std::move(root_); }

 private:
  struct Open {
    Json* value;
    std::unordered_set<std::string> keys;  // of an object with many
  };

  bool add(Json value);
  bool open(Json value);
  bool close();
  bool fail(std::string problem);

  Json root_;
  std::vector<Open> open_;
  std::string key_;
  std::string problem_;
  std::optional<std::size_t> byte_;
};

}  // namespace ersatz::core
