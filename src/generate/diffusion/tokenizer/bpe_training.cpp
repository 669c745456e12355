#include "generate/diffusion/tokenizer/bpe_training.h"

#include <fmt/format.h>

#include <cstddef>
#include <queue>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/error.h"
#include "generate/diffusion/tokenizer/byte_alphabet.h"
#include "generate/diffusion/tokenizer/prompt_normaliser.h"
#include "generate/diffusion/tokenizer/vocabulary_files.h"

namespace ersatz::generate {

namespace {

using core::Error;

constexpr std::size_t kLongestWord = 256;  // bytes

using Pair = std::pair<std::int32_t, std::int32_t>;

struct PairHash {
  std::size_t operator()(const Pair& pair) const {
    return std::hash<std::uint64_t>()(
        static_cast<std::uint64_t>(static_cast<std::uint32_t>(pair.first)) << 32 |
        static_cast<std::uint32_t>(pair.second));
  }
};

struct Word {
  std::vector<std::int32_t> tokens;
  std::int64_t count = 0;
};

struct PairUse {
  std::int64_t count = 0;
  std::set<std::size_t> words;  // in which it may stand: none is missing
};

// A pair with the count it had when it was proposed. The largest is merged next.
struct Candidate {
  std::int64_t count = 0;
  Pair pair;
  bool operator<(const Candidate& other) const {
    return count != other.count ? count < other.count : pair > other.pair;
  }
};

class MergeLearner {
 public:
  MergeLearner(Vocabulary& vocabulary, const std::map<std::string, std::int64_t>& counts)
      : vocabulary_(vocabulary) {
    for (const auto& [text, count] : counts) add_word(text, count);
    for (std::size_t i = 0; i < words_.size(); ++i) count_pairs(i, 1);
  }

  void learn(std::size_t tokens, std::int64_t least_count) {
    while (vocabulary_.tokens.size() < tokens && !candidates_.empty()) {
      const Candidate best = candidates_.top();
      candidates_.pop();
      const std::int64_t count = pairs_.at(best.pair).count;
      if (count != best.count) {
        // It was proposed again when it became more frequent, not when it became rarer.
        if (count < best.count && count > 0) candidates_.push({count, best.pair});
        continue;
      }
      if (count < least_count) break;
      merge(best.pair);
    }
  }

 private:
  void add_word(const std::string& text, std::int64_t count) {
    Word word;
    word.count = count;
    for (std::size_t i = 0; i < text.size(); ++i) {
      std::string token = byte_characters()[static_cast<unsigned char>(text[i])];
      if (i + 1 == text.size()) token += kEndOfWord;
      word.tokens.push_back(vocabulary_.find(token));
    }
    words_.push_back(std::move(word));
  }

  // Adds (sign 1) or takes away (-1) the pairs of a word.
  void count_pairs(std::size_t index, std::int64_t sign) {
    const Word& word = words_[index];
    for (std::size_t i = 0; i + 1 < word.tokens.size(); ++i) {
      const Pair pair(word.tokens[i], word.tokens[i + 1]);
      PairUse& use = pairs_[pair];
      use.count += sign * word.count;
      if (sign > 0) {
        use.words.insert(index);
        candidates_.push({use.count, pair});
      }
    }
  }

  void merge(const Pair& pair) {
    const auto token = [&](std::int32_t id) -> const std::string& {
      return vocabulary_.tokens[static_cast<std::size_t>(id)];
    };
    const std::string merged = token(pair.first) + token(pair.second);
    vocabulary_.append(merged);  // or it exists, merged from another pair
    const std::int32_t id = vocabulary_.find(merged);
    targets_.emplace(pair, std::pair(static_cast<std::int32_t>(vocabulary_.merges.size()), id));
    vocabulary_.merges.push_back({pair.first, pair.second, id});
    const std::set<std::size_t> affected = std::move(pairs_.at(pair).words);
    for (const std::size_t index : affected) {
      count_pairs(index, -1);
      merge_in(words_[index].tokens);
      count_pairs(index, 1);
    }
  }

  // Does the learned merges that are possible, the earliest first and the leftmost of equal ones,
  // as the encoder does. One is possible after another when that made a token that existed.
  void merge_in(std::vector<std::int32_t>& tokens) const {
    while (true) {
      std::pair<std::int32_t, std::int32_t> best(-1, -1);
      std::size_t place = 0;
      for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
        const auto found = targets_.find({tokens[i], tokens[i + 1]});
        if (found == targets_.end()) continue;
        if (best.first < 0 || found->second.first < best.first) {
          best = found->second;
          place = i;
        }
      }
      if (best.first < 0) return;
      tokens[place] = best.second;
      tokens.erase(tokens.begin() + static_cast<std::ptrdiff_t>(place) + 1);
    }
  }

  Vocabulary& vocabulary_;
  std::vector<Word> words_;
  std::unordered_map<Pair, PairUse, PairHash> pairs_;
  std::unordered_map<Pair, std::pair<std::int32_t, std::int32_t>, PairHash> targets_;  // rank, id
  std::priority_queue<Candidate> candidates_;
};

void check(const BpeTrainingOptions& options) {
  if (options.vocabulary_size < kLeastVocabularySize ||
      options.vocabulary_size > kMostVocabularySize) {
    throw Error::usage(
        fmt::format("a vocabulary of {} tokens: it can have {} to {}", options.vocabulary_size,
                    kLeastVocabularySize, kMostVocabularySize),
        "256 bytes, 256 bytes at the end of a word and two special tokens are in "
        "every one");
  }
  if (options.least_count < 1) {
    throw Error::usage(
        fmt::format("pairs that occur {} times cannot be merged", options.least_count));
  }
}

}  // namespace

BpeTraining::BpeTraining()
    : begin_(normalise_prompt(SpecialTokens{}.begin)),
      end_(normalise_prompt(SpecialTokens{}.end)),
      splitter_({begin_, end_}) {}

void BpeTraining::add(std::string_view caption, std::int64_t times) {
  const std::string text = normalise_prompt(caption);
  for (const std::string_view word : splitter_.split(text)) {
    if (word == begin_ || word == end_ || word.size() > kLongestWord) continue;
    counts_[std::string(word)] += times;
  }
}

Vocabulary BpeTraining::learn(const BpeTrainingOptions& options) const {
  check(options);
  if (counts_.empty()) {
    throw Error::usage("a vocabulary cannot be learned from no words", "give it captions");
  }
  Vocabulary vocabulary;
  for (const std::string_view suffix : {std::string_view(), kEndOfWord}) {
    for (const unsigned char byte : bytes_in_clip_order()) {
      vocabulary.append(byte_characters()[byte] + std::string(suffix));
    }
  }
  const SpecialTokens special;
  MergeLearner learner(vocabulary, counts_);
  learner.learn(static_cast<std::size_t>(options.vocabulary_size) - 2, options.least_count);
  vocabulary.append(special.begin);
  vocabulary.append(special.end);
  return vocabulary;
}

}  // namespace ersatz::generate
