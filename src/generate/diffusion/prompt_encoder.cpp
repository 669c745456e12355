#include "generate/diffusion/prompt_encoder.h"

#include <fmt/format.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <map>
#include <utility>

#include "core/error.h"
#include "core/log.h"
#include "generate/diffusion/hidden_weights.h"
#include "generate/diffusion/prompt_fragments.h"

namespace ersatz::generate {

namespace {

using core::Error;
using Ids = std::vector<std::int64_t>;

// Which models have token embeddings of this width.
std::string width_owner(std::int64_t width) {
  switch (width) {
    case 768:
      return " (Stable Diffusion 1.x)";
    case 1024:
      return " (Stable Diffusion 2.x)";
    case 1280:
      return " (the second encoder of SDXL)";
    default:
      return "";
  }
}

// The first words of a prompt, for a message about it.
std::string beginning(const std::string& prompt) {
  constexpr std::size_t kBytes = 60;
  if (prompt.size() <= kBytes) return prompt;
  std::size_t end = kBytes;
  while (end > 0 && (static_cast<unsigned char>(prompt[end]) & 0xC0) == 0x80) --end;
  return prompt.substr(0, end) + "...";
}

}  // namespace

struct PromptEncoder::State {
  std::shared_ptr<models::ClipText> encoder;
  ClipTokenizer tokenizer;
  PromptWeights notation;
  std::int64_t skip_layers;
  std::int64_t length;                            // places in the text encoder: 77
  std::map<std::int64_t, torch::Tensor> learned;  // [hidden] by id
  std::map<std::int64_t, Ids> further;            // what follows the first id of several vectors

  Ids expanded(const Ids& ids) const;
  PromptFragments fragments(const std::string& prompt) const;
  TokenizedPrompt padded(Ids ids) const;
  torch::Tensor hidden(const PromptFragments& prompt, const torch::Tensor& seen = {}) const;
  torch::Tensor compel(const PromptFragments& prompt) const;
  torch::Tensor weighted(const PromptFragments& prompt) const;
};

Ids PromptEncoder::State::expanded(const Ids& ids) const {
  Ids result;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    result.push_back(ids[i]);
    const auto more = further.find(ids[i]);
    if (more == further.end()) continue;
    // The user may have written all of them.
    if (i + 1 < ids.size() && ids[i + 1] == more->second.front()) continue;
    result.insert(result.end(), more->second.begin(), more->second.end());
  }
  return result;
}

PromptFragments PromptEncoder::State::fragments(const std::string& prompt) const {
  PromptFragments result;
  for (const WeightedText& piece : parse_prompt_weights(notation, prompt)) {
    result.push_back({expanded(tokenizer.encode(piece.text)), piece.weight});
  }
  return result;
}

TokenizedPrompt PromptEncoder::State::padded(Ids ids) const {
  TokenizedPrompt prompt = tokenizer.frame(std::move(ids), length);
  prompt.ids.resize(static_cast<std::size_t>(length), tokenizer.pad());
  return prompt;
}

torch::Tensor PromptEncoder::State::hidden(const PromptFragments& prompt,
                                           const torch::Tensor& seen) const {
  Ids own = padded(joined_ids(prompt)).ids;
  std::vector<std::int64_t> places;
  std::vector<torch::Tensor> vectors;
  for (std::size_t i = 0; i < own.size(); ++i) {
    const auto found = learned.find(own[i]);
    if (found == learned.end()) continue;
    places.push_back(static_cast<std::int64_t>(i));
    vectors.push_back(found->second);
    own[i] = tokenizer.eos();  // any row: it is replaced
  }
  const torch::Tensor ids = torch::tensor(own, torch::kInt64).unsqueeze(0);
  torch::Tensor embeddings = encoder->embed(ids);
  if (!places.empty()) {
    embeddings =
        embeddings.index_copy(1, torch::tensor(places, torch::kInt64).to(embeddings.device()),
                              torch::stack(vectors).unsqueeze(0).to(embeddings.options()));
  }
  return encoder->forward_embeddings(embeddings, ids, skip_layers, seen).last_hidden;
}

// compel's EmbeddingsProvider.get_embeddings_for_weighted_prompt_fragments, downweight_mode MASK:
// every token is weighted against the empty prompt, and for each fragment of weight below 1 the
// prompt in which its tokens are masked, weighted alike, is mixed in.
torch::Tensor PromptEncoder::State::compel(const PromptFragments& prompt) const {
  const torch::Tensor empty = hidden(PromptFragments{});
  const std::vector<double> weights = place_weights(prompt, length);
  torch::Tensor sum = weight_from_empty(hidden(prompt), empty, weights).to(torch::kFloat32);
  double total = 1;
  for (std::size_t i = 0; i < prompt.size(); ++i) {
    const PlaceRange range = fragment_places(prompt, i, length);
    if (prompt[i].weight >= 1 || range.begin == range.end) continue;
    torch::Tensor seen = torch::ones({1, length}, torch::kBool);
    seen.slice(1, range.begin, range.end).fill_(false);
    const torch::Tensor masked = weight_from_empty(hidden(prompt, seen), empty, weights);
    const double share = share_without(prompt[i].weight);
    sum = sum + share * masked.to(torch::kFloat32);
    total += share;
  }
  return (sum / total).to(empty.scalar_type());
}

torch::Tensor PromptEncoder::State::weighted(const PromptFragments& prompt) const {
  const bool plain = std::all_of(prompt.begin(), prompt.end(),
                                 [](const PromptFragment& f) { return f.weight == 1.0; });
  if (plain) return hidden(prompt);
  if (notation == PromptWeights::kCompel) return compel(prompt);
  return weight_keeping_mean(hidden(prompt), place_weights(prompt, length));
}

PromptEncoder::PromptEncoder(std::shared_ptr<models::ClipText> encoder, ClipTokenizer tokenizer,
                             PromptWeights weights, std::int64_t skip_layers) {
  const models::ClipTextConfig& config = encoder->config();
  if (tokenizer.size() > config.vocabulary) {
    throw Error::usage(fmt::format("the tokenizer has {} tokens, the text encoder {}",
                                   tokenizer.size(), config.vocabulary),
                       "they do not belong together");
  }
  const std::int64_t length = config.positions;
  state_ = std::make_unique<State>(
      State{std::move(encoder), std::move(tokenizer), weights, skip_layers, length, {}, {}});
}

PromptEncoder::~PromptEncoder() = default;

void PromptEncoder::add_embedding(const TextualInversion& embedding) {
  const std::int64_t width = embedding.vectors.size(1), count = embedding.vectors.size(0);
  const std::int64_t hidden = state_->encoder->config().hidden;
  if (width != hidden) {
    throw Error::usage(
        fmt::format(
            "the embedding {} has vectors of width {}{}, this model's text encoder has {}{}",
            embedding.token, width, width_owner(width), hidden, width_owner(hidden)),
        "an embedding works only with the kind of model it was trained for");
  }
  const std::vector<std::string> names = vector_tokens(embedding.token, count);
  for (const std::string& name : names) {
    if (state_->tokenizer.contains(name)) {
      throw Error::usage(fmt::format("the embedding's token {} exists already", name),
                         "load it under another name");
    }
  }
  Ids ids;
  for (std::int64_t i = 0; i < count; ++i) {
    ids.push_back(state_->tokenizer.add_token(names[static_cast<std::size_t>(i)]));
    state_->learned[ids.back()] = embedding.vectors[i];
  }
  if (count > 1) state_->further[ids.front()] = Ids(ids.begin() + 1, ids.end());
}

EncodedPrompts PromptEncoder::encode(const std::vector<std::string>& prompts) const {
  const torch::NoGradGuard no_grad;
  EncodedPrompts result;
  std::map<std::string, std::size_t> first;  // row at which a prompt was computed
  std::vector<torch::Tensor> rows;
  for (const std::string& prompt : prompts) {
    const auto [known, is_new] = first.emplace(prompt, rows.size());
    if (!is_new) {
      rows.push_back(rows[known->second]);
      result.tokens.push_back(TokenizedPrompt(result.tokens[known->second]));
      continue;
    }
    const PromptFragments fragments = state_->fragments(prompt);
    const Ids ids = joined_ids(fragments);
    result.tokens.push_back(state_->padded(ids));
    if (!result.tokens.back().truncated.empty()) {
      core::log_warning(fmt::format(
          "the prompt \"{}\" has {} tokens; the text encoder reads {} and does not see \"{}\"",
          beginning(prompt), ids.size() + 2, state_->length, result.tokens.back().truncated));
    }
    rows.push_back(state_->weighted(fragments));
  }
  if (rows.empty()) throw Error::internal("no prompts to encode");
  result.hidden = torch::cat(rows);
  return result;
}

Ids PromptEncoder::token_ids(const std::string& text) const {
  return joined_ids(state_->fragments(text));
}

const ClipTokenizer& PromptEncoder::tokenizer() const { return state_->tokenizer; }
models::ClipText& PromptEncoder::text_encoder() const { return *state_->encoder; }

}  // namespace ersatz::generate
