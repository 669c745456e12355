// DAAM's heat maps (Tang et al. 2023, section 3): how much every part of a picture has to do with
// each word of its prompt.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "generate/diffusion/tokenizer/clip_tokenizer.h"
#include "label/attention_capture.h"

namespace ersatz::label {

struct HeatMapOptions {
  std::vector<std::int64_t> factors = {1, 2, 4};  // DAAM leaves out factor 8
  std::int64_t head = -1;                         // one head only; -1 = all
  std::int64_t layer = -1;                        // one layer only, in DAAM's order; -1 = all
  bool mid_block = false;                         // DAAM leaves it out; if it was captured
  bool normalise = false;                         // over tokens
};

// DAAM's global heat map of one image: float32 [tokens + 2, h, w] at latent size; every map is
// resized (bicubic, a = -0.75, half-pixel centres), clamped at 0, then averaged. `tokens`: number
// of ids of the prompt without BOS and EOS; of longer prompts than the network saw, the rows it
// saw. Values grow with the number of steps, as DAAM's. Error::usage when there is no such image,
// layer or head, or nothing was captured.
torch::Tensor global_heat_map(const AttentionCapture& capture, std::int64_t image,
                              std::int64_t tokens, const HeatMapOptions& options = {});

// Rows of `word` in the prompt: every occurrence of its token sequence, lower-cased as DAAM does
// (index + 1 for BOS). Error::usage when it does not occur.
std::vector<std::int64_t> word_rows(const generate::ClipTokenizer& tokenizer,
                                    const std::string& prompt, const std::string& word);

// The same for ids (without BOS and EOS); empty when `word` is empty or does not occur.
std::vector<std::int64_t> word_rows(const std::vector<std::int64_t>& prompt,
                                    const std::vector<std::int64_t>& word);

// Mean of the rows: [h, w]. Error::usage for a row behind the last one the network saw.
torch::Tensor word_heat_map(const torch::Tensor& global, const std::vector<std::int64_t>& rows);

// The map at the image's size [H, W]: bicubic, then min-max to [0, 1] unless `absolute`, then
// compared with `threshold` when it is >= 0 (1 where greater).
torch::Tensor expand_heat_map(const torch::Tensor& map, std::int64_t height, std::int64_t width,
                              bool absolute = false, double threshold = -1);

}  // namespace ersatz::label
