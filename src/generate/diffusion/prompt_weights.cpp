#include "generate/diffusion/prompt_weights.h"

#include "core/suggest.h"
#include "generate/diffusion/a1111_weights.h"
#include "generate/diffusion/compel_weights.h"

namespace ersatz::generate {

PromptWeights prompt_weights_named(std::string_view name) {
  if (name == "off") return PromptWeights::kOff;
  if (name == "a1111") return PromptWeights::kA1111;
  if (name == "compel") return PromptWeights::kCompel;
  throw core::unknown_name("notation of prompt weights", name, {"off", "a1111", "compel"});
}

std::vector<WeightedText> parse_prompt_weights(PromptWeights notation, std::string_view prompt) {
  switch (notation) {
    case PromptWeights::kA1111:
      return parse_a1111_weights(prompt);
    case PromptWeights::kCompel:
      return parse_compel_weights(prompt);
    case PromptWeights::kOff:
      break;
  }
  return {{std::string(prompt), 1.0}};
}

}  // namespace ersatz::generate
