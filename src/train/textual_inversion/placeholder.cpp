#include "train/textual_inversion/placeholder.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "generate/diffusion/textual_inversion.h"
#include "generate/diffusion/tokenizer/utf8.h"
#include "train/textual_inversion/prompt_templates.h"

namespace ersatz::train {

namespace {

using core::Error;
using generate::ClipTokenizer;

void check_token(const ClipTokenizer& tokenizer, const std::string& token) {
  constexpr const char* kBrackets =
      "a name in angle brackets, such as <cat-toy>, is in no vocabulary";
  if (token.empty()) throw Error::usage("the new token has no name", kBrackets);
  const std::u32string characters = generate::decode_utf8(token, "the new token");
  if (std::any_of(characters.begin(), characters.end(), generate::is_white_space)) {
    throw Error::usage(fmt::format("the new token '{}' has white space in it", token),
                       "join its words, for example with hyphens");
  }
  if (tokenizer.contains(token) || tokenizer.encode(token).size() == 1) {
    throw Error::usage(
        fmt::format("the token '{}' is in the vocabulary already: it has a meaning", token),
        kBrackets);
  }
}

std::int64_t initializer_id(const ClipTokenizer& tokenizer, const std::string& word) {
  const std::vector<std::int64_t> ids = tokenizer.encode(word);
  if (ids.size() == 1) return ids.front();
  std::string parts;
  for (const std::int64_t id : ids) {
    parts += fmt::format("{}'{}'", parts.empty() ? "" : ", ", tokenizer.token(id));
  }
  throw Error::usage(
      ids.empty() ? fmt::format("the initializer '{}' is blank", word)
                  : fmt::format("the initializer '{}' is {} tokens: {}", word, ids.size(), parts),
      "the vectors begin as those of one token: choose a common word for something "
      "alike");
}

}  // namespace

Placeholder add_placeholder(ClipTokenizer& tokenizer, const std::string& token,
                            const std::string& initializer, std::int64_t vectors) {
  if (vectors < 1 || vectors > generate::kMostVectors) {
    throw Error::usage(
        fmt::format("{} vectors: a token has 1 to {}", vectors, generate::kMostVectors));
  }
  check_token(tokenizer, token);
  Placeholder placeholder;
  placeholder.initializer = initializer_id(tokenizer, initializer);
  for (const std::string& name : generate::vector_tokens(token, vectors)) {
    placeholder.ids.push_back(tokenizer.add_token(name));
    placeholder.text += (placeholder.text.empty() ? "" : " ") + name;
  }
  return placeholder;
}

std::vector<std::string> placeholder_prompts(const ClipTokenizer& tokenizer,
                                             const Placeholder& placeholder,
                                             const std::vector<std::string>& templates,
                                             std::int64_t length) {
  std::vector<std::string> prompts;
  for (const std::string& sentence : templates) {
    prompts.push_back(fill_template(sentence, placeholder.text));
    const std::vector<std::int64_t> ids = tokenizer.encode(prompts.back());
    const auto tokens = static_cast<std::int64_t>(ids.size()) + 2;  // BOS and EOS
    if (tokens > length) {
      throw Error::usage(
          fmt::format(
              "the template \"{}\" has {} tokens with {} vectors; the text encoder reads {}",
              sentence, tokens, placeholder.ids.size(), length),
          "use a shorter template or fewer vectors");
    }
    if (std::count(ids.begin(), ids.end(), placeholder.ids.front()) != count_blanks(sentence)) {
      throw Error::usage(
          fmt::format("the new token is also found inside the words of the template \"{}\"",
                      sentence),
          "a name in angle brackets, such as <cat-toy>, stands in no word");
    }
  }
  return prompts;
}

}  // namespace ersatz::train
