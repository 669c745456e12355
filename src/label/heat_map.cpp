#include "label/heat_map.h"

#include <fmt/format.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>

#include "core/error.h"

namespace ersatz::label {
namespace {

using core::Error;
using Layers = std::vector<AttentionCapture::Layer>;

// x [.., h, w] resized by convolution with Keys' cubic kernel, a = -0.75 (Keys 1981).
torch::Tensor bicubic(const torch::Tensor& x, std::int64_t height, std::int64_t width) {
  if (x.size(-2) == height && x.size(-1) == width) return x.clone();
  return at::upsample_bicubic2d(x, {height, width}, /*align_corners=*/false);
}

void check_choice(const Layers& layers, std::int64_t image, const HeatMapOptions& options) {
  if (layers.empty()) throw Error::usage("no attention was captured: no heat map");
  const torch::Tensor& sum = layers.front().sum;
  if (image < 0 || image >= sum.size(0)) {
    throw Error::usage(fmt::format("heat map of image {} of {}", image, sum.size(0)));
  }
  if (options.layer >= static_cast<std::int64_t>(layers.size())) {
    throw Error::usage(fmt::format("heat map of layer {} of {}", options.layer, layers.size()));
  }
}

bool contains(const std::vector<std::int64_t>& values, std::int64_t value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

}  // namespace

torch::Tensor global_heat_map(const AttentionCapture& capture, std::int64_t image,
                              std::int64_t tokens, const HeatMapOptions& options) {
  const torch::NoGradGuard no_grad;
  const Layers layers = capture.layers();
  check_choice(layers, image, options);
  torch::Tensor total;
  std::int64_t maps = 0;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const AttentionCapture::Layer& layer = layers[i];
    const bool chosen = options.layer < 0 || options.layer == static_cast<std::int64_t>(i);
    if (!chosen || !contains(options.factors, layer.factor)) continue;
    if (!options.mid_block && layer.name.rfind("mid_block", 0) == 0) continue;
    torch::Tensor sum = layer.sum.select(0, image);  // [heads, N, L]
    if (options.head >= 0) {
      if (options.head >= sum.size(0)) continue;  // as DAAM: layers may differ in their heads
      sum = sum.narrow(0, options.head, 1);
    }
    const std::int64_t rows = std::min(tokens + 2, sum.size(2));
    const torch::Tensor small = sum.narrow(2, 0, rows)
                                    .transpose(1, 2)
                                    .reshape({sum.size(0), rows, layer.height, layer.width});
    const torch::Tensor sized =
        bicubic(small, capture.latent_height(), capture.latent_width()).clamp_min_(0).sum(0);
    total = total.defined() ? total.add_(sized) : sized;
    maps += sum.size(0);
  }
  if (maps == 0) {
    throw Error::usage("no captured layer has the wanted factor, layer and head: no heat map");
  }
  const torch::Tensor mean = total.div_(maps);
  if (!options.normalise) return mean;
  // Start and padding take what the words leave; among words the maps become shares.
  return mean / (mean.narrow(0, 1, mean.size(0) - 2).sum(0, /*keepdim=*/true) + 1e-6);
}

std::vector<std::int64_t> word_rows(const std::vector<std::int64_t>& prompt,
                                    const std::vector<std::int64_t>& word) {
  std::vector<std::int64_t> rows;
  if (word.empty()) return rows;
  for (auto from = prompt.begin(); from != prompt.end(); ++from) {
    from = std::search(from, prompt.end(), word.begin(), word.end());
    if (from == prompt.end()) break;
    const std::int64_t first = from - prompt.begin() + 1;
    for (std::size_t i = 0; i < word.size(); ++i) {
      rows.push_back(first + static_cast<std::int64_t>(i));
    }
  }
  return rows;
}

std::vector<std::int64_t> word_rows(const generate::ClipTokenizer& tokenizer,
                                    const std::string& prompt, const std::string& word) {
  std::vector<std::int64_t> rows = word_rows(tokenizer.encode(prompt), tokenizer.encode(word));
  if (rows.empty()) {
    throw Error::usage(fmt::format("the prompt '{}' does not contain '{}'", prompt, word),
                       "heat maps exist for the prompt's own words");
  }
  return rows;
}

torch::Tensor word_heat_map(const torch::Tensor& global, const std::vector<std::int64_t>& rows) {
  const torch::NoGradGuard no_grad;
  if (rows.empty()) throw Error::usage("a heat map of no rows");
  for (const std::int64_t row : rows) {
    if (row < 0 || row >= global.size(0)) {
      throw Error::usage(
          fmt::format("heat map of text position {}, but the network saw {}", row, global.size(0)),
          "move the word to the front of the prompt");
    }
  }
  return global.index_select(0, torch::tensor(rows, torch::kInt64).to(global.device())).mean(0);
}

torch::Tensor expand_heat_map(const torch::Tensor& map, std::int64_t height, std::int64_t width,
                              bool absolute, double threshold) {
  const torch::NoGradGuard no_grad;
  torch::Tensor sized = bicubic(map.unsqueeze(0).unsqueeze(0), height, width)[0][0];
  if (!absolute) {
    const torch::Tensor low = sized.min();
    sized = (sized - low) / (sized.max() - low + 1e-8);
  }
  return threshold >= 0 ? sized.gt(threshold).to(torch::kFloat32) : sized;
}

}  // namespace ersatz::label
