#include "generate/diffusion/tokenizer/clip_tokenizer.h"

#include <fmt/format.h>

#include <unordered_map>
#include <utility>

#include "core/error.h"
#include "generate/diffusion/tokenizer/added_tokens.h"
#include "generate/diffusion/tokenizer/byte_pair_encoder.h"
#include "generate/diffusion/tokenizer/prompt_normaliser.h"
#include "generate/diffusion/tokenizer/token_text.h"
#include "generate/diffusion/tokenizer/vocabulary_files.h"
#include "generate/diffusion/tokenizer/word_cache.h"
#include "generate/diffusion/tokenizer/word_splitter.h"

namespace ersatz::generate {

using core::Error;

struct ClipTokenizer::State {
  explicit State(VocabularyFiles files)
      : vocabulary(std::move(files.vocabulary)),
        own_tokens(static_cast<std::int64_t>(vocabulary.tokens.size())),
        begin(vocabulary.find(files.special.begin)),
        end(vocabulary.find(files.special.end)),
        pad(vocabulary.find(files.special.pad)),
        pairs(vocabulary, vocabulary.find(files.special.unknown)),
        words({normalise_prompt(files.special.begin), normalise_prompt(files.special.end)}) {
    special.emplace(normalise_prompt(files.special.begin), begin);
    special.emplace(normalise_prompt(files.special.end), end);
    // A pad token of its own is one id wherever it stands, even inside words: with Stable Diffusion
    // 2's "!", transformers gives id 0 for every exclamation mark in a prompt.
    const std::string pad_text = normalise_prompt(files.special.pad);
    if (special.count(pad_text) == 0 && !pad_text.empty()) added.add(pad_text, pad);
  }

  Vocabulary vocabulary;
  std::int64_t own_tokens;  // the ids from here on were added
  std::int64_t begin, end, pad;
  std::unordered_map<std::string, std::int64_t> special;
  BytePairEncoder pairs;
  WordSplitter words;
  AddedTokens added;
  WordCache cache;

  void encode_words(std::string_view text, std::vector<std::int64_t>& ids);
};

void ClipTokenizer::State::encode_words(std::string_view text, std::vector<std::int64_t>& ids) {
  for (const std::string_view part : words.split(text)) {
    const std::string word(part);
    if (cache.append(word, ids)) continue;
    const std::size_t begin_of_word = ids.size();
    const auto found = special.find(word);
    if (found != special.end()) {
      ids.push_back(found->second);
    } else {
      pairs.encode(word, ids);
    }
    cache.remember(word, ids.data() + begin_of_word, ids.data() + ids.size());
  }
}

ClipTokenizer::ClipTokenizer(std::unique_ptr<State> state) : state_(std::move(state)) {}
ClipTokenizer::~ClipTokenizer() = default;
ClipTokenizer::ClipTokenizer(ClipTokenizer&&) noexcept = default;
ClipTokenizer& ClipTokenizer::operator=(ClipTokenizer&&) noexcept = default;

ClipTokenizer ClipTokenizer::load(const std::filesystem::path& directory) {
  VocabularyFiles files = read_vocabulary_folder(directory);
  const std::vector<std::string> added = std::move(files.added);
  ClipTokenizer tokenizer(std::make_unique<State>(std::move(files)));
  for (const std::string& token : added) tokenizer.add_token(token);
  return tokenizer;
}

ClipTokenizer ClipTokenizer::load_openai(const std::filesystem::path& file) {
  return ClipTokenizer(std::make_unique<State>(read_openai_vocabulary(file)));
}

std::int64_t ClipTokenizer::add_token(const std::string& text) {
  const std::string normalised = normalise_prompt(text);
  if (normalised.empty()) {
    throw Error::usage(fmt::format("{} cannot be a token: it is blank", json_quoted(text)));
  }
  if (contains(text)) {
    throw Error::usage(fmt::format("token {} exists already", json_quoted(text)),
                       "name the new one otherwise, for example in angle brackets");
  }
  const std::int64_t id = size();
  state_->vocabulary.append(text);
  state_->added.add(normalised, id);
  return id;
}

bool ClipTokenizer::contains(const std::string& text) const {
  const std::string normalised = normalise_prompt(text);
  return state_->vocabulary.find(text) >= 0 || state_->vocabulary.find(normalised) >= 0 ||
         state_->added.contains(normalised);
}

std::vector<std::int64_t> ClipTokenizer::encode(std::string_view text) const {
  const std::string normalised = normalise_prompt(text);
  std::vector<std::int64_t> ids;
  if (state_->added.empty()) {
    state_->encode_words(normalised, ids);
    return ids;
  }
  for (const AddedTokens::Part& part : state_->added.split(normalised)) {
    if (part.id >= 0) {
      ids.push_back(part.id);
    } else {
      state_->encode_words(part.text, ids);
    }
  }
  return ids;
}

TokenizedPrompt ClipTokenizer::tokenize(std::string_view text, std::int64_t length) const {
  return frame(encode(text), length);
}

TokenizedPrompt ClipTokenizer::tokenize_padded(std::string_view text, std::int64_t length) const {
  TokenizedPrompt prompt = frame(encode(text), length);
  prompt.ids.resize(static_cast<std::size_t>(length), pad());
  return prompt;
}

TokenizedPrompt ClipTokenizer::frame(std::vector<std::int64_t> ids, std::int64_t length) const {
  if (length < 2) throw Error::usage(fmt::format("no room for BOS and EOS in {} tokens", length));
  TokenizedPrompt prompt;
  const auto room = static_cast<std::size_t>(length - 2);
  if (ids.size() > room) {
    prompt.truncated = decode({ids.begin() + static_cast<std::ptrdiff_t>(room), ids.end()});
    ids.resize(room);
  }
  prompt.ids.reserve(ids.size() + 2);
  prompt.ids.push_back(bos());
  prompt.ids.insert(prompt.ids.end(), ids.begin(), ids.end());
  prompt.ids.push_back(eos());
  return prompt;
}

std::string ClipTokenizer::decode(const std::vector<std::int64_t>& ids) const {
  std::string text, spelling;
  const auto append = [&](const std::string& part) {
    if (part.empty()) return;
    if (!text.empty()) text += ' ';
    text += part;
  };
  for (const std::int64_t id : ids) {
    const std::string& own = token(id);
    if (id < state_->own_tokens) {
      spelling += own;
      continue;
    }
    append(text_of_spelling(spelling));
    spelling.clear();
    append(own);
  }
  append(text_of_spelling(spelling));
  return tidy_punctuation(std::move(text));
}

const std::string& ClipTokenizer::token(std::int64_t id) const {
  if (id < 0 || id >= size()) {
    throw Error::usage(
        fmt::format("token id {} is outside the vocabulary (0 .. {})", id, size() - 1));
  }
  return state_->vocabulary.tokens[static_cast<std::size_t>(id)];
}

std::int64_t ClipTokenizer::size() const {
  return static_cast<std::int64_t>(state_->vocabulary.tokens.size());
}
std::int64_t ClipTokenizer::bos() const { return state_->begin; }
std::int64_t ClipTokenizer::eos() const { return state_->end; }
std::int64_t ClipTokenizer::pad() const { return state_->pad; }

}  // namespace ersatz::generate
