// Which words of a prompt are labelled, and their heat maps.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/json.h"
#include "generate/diffugen/task_items.h"
#include "generate/diffusion/prompt_encoder.h"
#include "label/attention_maps.h"
#include "label/map_labels.h"
#include "runner/diffugen/diffugen_request.h"

namespace ersatz::runner {

struct WordChoice {
  generate::DiffuGenTask task = generate::DiffuGenTask::kTextToImage;
  label::MapRecipe recipe = label::MapRecipe::kFixed;
  std::vector<std::string> classes;
  std::vector<LabelWord> words;
};

class WordAttention {
 public:
  // `published`: the object's name, of inpainting the whole prompt, with class 0 as that code says.
  // `fixed`: the object's name (of inpainting, what replaces it) with the object's class; then, of
  // text-to-image and image-to-image, every other class that the prompt names; then the choice's
  // further words. A token belongs to the first of them that has it.
  // Error::usage when an object is no class, or its name is not within what the network sees of the
  // prompt.
  WordAttention(const WordChoice& choice, const generate::PromptEncoder& encoder,
                const std::vector<generate::DiffuGenItem>& items);

  // How many text positions a capture needs to keep.
  std::int64_t positions() const { return most_tokens_ + 2; }

  // Those of image `place` of the batch, at `size`, the object's first.
  std::vector<label::WordMap> maps(const label::AttentionCapture& capture, std::int64_t place,
                                   const generate::DiffuGenItem& item, PictureSize size) const;

 private:
  struct Word {
    std::string word;
    std::int64_t class_index = 0;
    std::vector<std::int64_t> rows;
  };
  struct Prompt {
    std::int64_t tokens = 0;  // without BOS and EOS, as far as the network sees them
    std::vector<Word> words;
  };
  using Key = std::pair<std::string, std::string>;  // prompt, object's name
  static Key key_of(const generate::DiffuGenItem& item);
  Prompt read(const WordChoice& choice, const generate::PromptEncoder& encoder,
              const generate::DiffuGenItem& item) const;

  std::map<Key, Prompt> prompts_;
  std::int64_t most_tokens_ = 0;
};

// Names of the captured layers that heat maps are made from, in DAAM's order.
std::vector<std::string> heat_map_layers(const label::AttentionCapture& capture);

}  // namespace ersatz::runner
