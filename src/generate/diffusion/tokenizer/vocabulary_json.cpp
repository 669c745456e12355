#include "generate/diffusion/tokenizer/vocabulary_json.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <unordered_set>

#include "core/error.h"
#include "core/file_system.h"
#include "generate/diffusion/tokenizer/vocabulary.h"

namespace ersatz::generate {

namespace {

using core::Error;
using nlohmann::json;

constexpr std::uint64_t kMaxBytes = std::uint64_t{64} << 20;

// Takes the entries one by one: a document tree would keep the last of two equal keys silently.
class VocabularyEvents : public nlohmann::json_sax<json> {
 public:
  explicit VocabularyEvents(const std::filesystem::path& file) : file_(file) {}

  TokenIds entries;

  bool start_object(std::size_t) override {
    if (depth_++ > 0) refuse();
    return true;
  }
  bool end_object() override {
    --depth_;
    return true;
  }
  bool key(string_t& token) override {
    if (token.empty()) throw Error::untrusted(file_, "an empty token");
    if (!seen_.insert(token).second) {
      throw Error::untrusted(file_, fmt::format("token {} appears twice", json_quoted(token)));
    }
    token_ = token;
    return true;
  }
  bool number_integer(number_integer_t id) override {
    return add(id);  // negative: unsigned numbers have an event of their own
  }
  bool number_unsigned(number_unsigned_t id) override {
    return add(id > 0x7FFFFFFF ? -1 : static_cast<std::int64_t>(id));
  }
  bool null() override { return refuse(); }
  bool boolean(bool) override { return refuse(); }
  bool number_float(number_float_t, const string_t&) override { return refuse(); }
  bool string(string_t&) override { return refuse(); }
  bool binary(binary_t&) override { return refuse(); }
  bool start_array(std::size_t) override { return refuse(); }
  bool end_array() override { return refuse(); }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception&) override {
    throw Error::untrusted(file_, "not valid JSON", position);
  }

 private:
  bool add(std::int64_t id) {
    if (depth_ != 1) refuse();
    if (id < 0) {
      throw Error::untrusted(file_,
                             fmt::format("token {} has an impossible id", json_quoted(token_)));
    }
    entries.emplace_back(token_, id);
    return true;
  }
  bool refuse() const {
    throw Error::untrusted(
        file_, token_.empty() ? std::string("not an object of tokens and their ids")
                              : fmt::format("token {} has no integer id", json_quoted(token_)));
  }

  const std::filesystem::path& file_;
  int depth_ = 0;
  std::string token_;
  std::unordered_set<std::string> seen_;
};

}  // namespace

TokenIds parse_token_ids(std::string_view text, const std::filesystem::path& file) {
  VocabularyEvents events(file);
  json::sax_parse(text, &events);
  return std::move(events.entries);
}

TokenIds read_token_ids(const std::filesystem::path& file) {
  return parse_token_ids(core::read_file(file, kMaxBytes), file);
}

std::vector<std::string> in_order_of_ids(TokenIds entries, std::int64_t first,
                                         const std::filesystem::path& file) {
  const auto count = static_cast<std::int64_t>(entries.size());
  std::vector<std::string> tokens(entries.size());
  for (auto& [token, id] : entries) {
    if (id < first || id - first >= count) {
      throw Error::untrusted(
          file, fmt::format("token {} has id {}; the {} ids must be {} .. {}", json_quoted(token),
                            id, count, first, first + count - 1));
    }
    std::string& place = tokens[static_cast<std::size_t>(id - first)];
    if (!place.empty()) {
      throw Error::untrusted(file, fmt::format("id {} is that of {} and of {}", id,
                                               json_quoted(place), json_quoted(token)));
    }
    place = std::move(token);
  }
  return tokens;
}

}  // namespace ersatz::generate
