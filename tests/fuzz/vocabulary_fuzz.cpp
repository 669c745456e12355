// vocab.json and merges.txt: refused in our own words, or every id has a token and every merge
// knows its three. The first byte says which of the two follows.
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <string_view>

#include "core/error.h"
#include "generate/diffusion/tokenizer/merges_text.h"
#include "generate/diffusion/tokenizer/vocabulary_json.h"

namespace {

using namespace ersatz;

void check_json(std::string_view text) {
  for (const std::string& token :
       generate::in_order_of_ids(generate::parse_token_ids(text, "fuzz"), 0, "fuzz")) {
    if (token.empty()) std::abort();
  }
}

void check_merges(std::string_view text) {
  generate::Vocabulary vocabulary;
  for (const char* token : {"a", "b", "c", "ab", "bc", "abc"}) vocabulary.append(token);
  generate::parse_merges(
      text, "fuzz", std::numeric_limits<std::size_t>::max(),
      [&](const std::string& token) { return vocabulary.find(token); }, vocabulary);
  for (const generate::Merge& merge : vocabulary.merges) {
    for (const std::int32_t id : {merge.left, merge.right, merge.merged}) {
      if (id < 0 || id >= 6) std::abort();
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  try {
    if (data[0] == 'm') {
      check_merges(text);
    } else {
      check_json(text);
    }
  } catch (const core::Error& error) {
    if (error.code() != core::ExitCode::kUntrustedData) std::abort();
  }
  return 0;
}
