#include "generate/diffusion/tokenizer/vocabulary_folder.h"

#include <fmt/format.h>

#include "core/error.h"
#include "core/file_system.h"
#include "core/json.h"
#include "generate/diffusion/tokenizer/vocabulary_files.h"

namespace ersatz::generate {

void write_vocabulary_folder(const std::filesystem::path& folder, const Vocabulary& vocabulary,
                             std::int64_t max_length) {
  const SpecialTokens special;
  for (const std::string* token : {&special.begin, &special.end, &special.pad, &special.unknown}) {
    if (vocabulary.find(*token) < 0) {
      throw core::Error::internal(
          fmt::format("special token {} is not in the vocabulary", json_quoted(*token)));
    }
  }
  // Written as text: an object that keeps its order looks every key up among all others.
  std::string ids;
  for (const std::string& token : vocabulary.tokens) {
    ids += fmt::format("{}{}: {}", ids.empty() ? "{\n" : ",\n", core::Json(token).dump(),
                       vocabulary.find(token));
  }
  ids += "\n}\n";
  const auto token = [&](std::int32_t index) -> const std::string& {
    return vocabulary.tokens[static_cast<std::size_t>(index)];
  };
  std::string merges = "#version: 0.2\n";
  for (const Merge& merge : vocabulary.merges) {
    merges += token(merge.left) + ' ' + token(merge.right) + '\n';
  }
  core::write_file_atomic(folder / "vocab.json", ids);
  core::write_file_atomic(folder / "merges.txt", merges);
  core::write_json(folder / "tokenizer_config.json", {{"bos_token", special.begin},
                                                      {"do_lower_case", true},
                                                      {"eos_token", special.end},
                                                      {"errors", "replace"},
                                                      {"model_max_length", max_length},
                                                      {"pad_token", special.pad},
                                                      {"tokenizer_class", "CLIPTokenizer"},
                                                      {"unk_token", special.unknown}});
  core::write_json(folder / "special_tokens_map.json", {{"bos_token", special.begin},
                                                        {"eos_token", special.end},
                                                        {"pad_token", special.pad},
                                                        {"unk_token", special.unknown}});
}

}  // namespace ersatz::generate
