// Prompts to what the UNet attends to: tokens, embeddings learned by textual inversion, weights in
// the prompt, the text encoder.
#pragma once

#include <torch/types.h>

#include <memory>
#include <string>
#include <vector>

#include "generate/diffusion/prompt_weights.h"
#include "generate/diffusion/textual_inversion.h"
#include "generate/diffusion/tokenizer/clip_tokenizer.h"
#include "models/diffusion/clip_text.h"

namespace ersatz::generate {

struct EncodedPrompts {
  torch::Tensor hidden;                 // [B, 77, hidden]
  std::vector<TokenizedPrompt> tokens;  // padded to 77
};

class PromptEncoder {
 public:
  // Error::usage when the tokenizer has more tokens than the encoder has rows. `skip_layers`: how
  // many of the encoder's last layers are left out.
  PromptEncoder(std::shared_ptr<models::ClipText> encoder, ClipTokenizer tokenizer,
                PromptWeights weights = PromptWeights::kOff, std::int64_t skip_layers = 0);
  ~PromptEncoder();

  // Adds the token(s) of a learned embedding; a multi-vector embedding <x> becomes <x>, <x>_1, ...
  // wherever <x> stands in a prompt (unless <x>_1 stands behind it already). Error::usage when its
  // width is not the encoder's, or the token exists.
  void add_embedding(const TextualInversion& embedding);

  // Warns (log) about every prompt that is cut at 77 tokens, saying what was lost. Every prompt is
  // computed by itself, equal ones once: what it gives does not depend on the others. Gradients are
  // not recorded.
  EncodedPrompts encode(const std::vector<std::string>& prompts) const;

  // The ids that the text encoder gets for `text`, without BOS, EOS and padding, not cut: weights
  // taken out of it, learned embeddings with all of their vectors. Id i stands at text position
  // i + 1. For a single word they are the ids it has inside a prompt.
  std::vector<std::int64_t> token_ids(const std::string& text) const;

  const ClipTokenizer& tokenizer() const;
  models::ClipText& text_encoder() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ersatz::generate
