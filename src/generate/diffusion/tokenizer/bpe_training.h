// Learns the vocabulary of a CLIP tokenizer from captions: byte pair encoding (Sennrich et al.
// 2016, algorithm 1) on bytes, with CLIP's normalisation and its words.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "generate/diffusion/tokenizer/vocabulary.h"
#include "generate/diffusion/tokenizer/word_splitter.h"

namespace ersatz::generate {

// 256 bytes inside a word, 256 at the end of one, begin and end of text.
inline constexpr std::int64_t kLeastVocabularySize = 514;
// Ids are 32 bits wide, and nobody needs the half of it.
inline constexpr std::int64_t kMostVocabularySize = std::int64_t{1} << 24;

struct BpeTrainingOptions {
  // With the bytes and the special tokens; fewer come out where pairs run out.
  std::int64_t vocabulary_size = 1024;
  // A pair is merged when it occurs at least so often.
  std::int64_t least_count = 2;
};

class BpeTraining {
 public:
  BpeTraining();

  // Counts the words of a caption, `times` times. Special tokens written in it are no words, and
  // from a word of more than 256 bytes nothing is learned. Error::usage when it is not UTF-8.
  void add(std::string_view caption, std::int64_t times = 1);

  // Merges the most frequent pair of neighbouring tokens within words, again and again; of equally
  // frequent pairs the one whose tokens have the lower ids, so that equal captions in any order
  // give equal vocabularies. Tokens are numbered as CLIP's: bytes, bytes at the end of a word,
  // merged tokens in the order in which they were learned, SpecialTokens. ClipTokenizer cuts every
  // word of the captions as they were cut here at last. Error::usage when there were no words, or
  // for a size outside [kLeastVocabularySize, kMostVocabularySize].
  Vocabulary learn(const BpeTrainingOptions& options) const;

 private:
  std::string begin_, end_;  // as they stand in normalised text
  WordSplitter splitter_;
  std::map<std::string, std::int64_t> counts_;
};

}  // namespace ersatz::generate
