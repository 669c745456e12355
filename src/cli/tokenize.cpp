#include "cli/tokenize.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <iostream>
#include <memory>
#include <string>

#include "cli/find_tokenizer.h"
#include "core/error.h"
#include "core/json.h"
#include "core/log.h"
#include "core/printable.h"
#include "runner/diffusion/prompt_file.h"

namespace ersatz::cli {
namespace {

using core::Json;
using generate::ClipTokenizer;

struct Options {
  std::string model, vocabulary;
  std::int64_t length = 77;
  bool tokens = false;
};

Json full_form(const ClipTokenizer& tokenizer, const generate::TokenizedPrompt& prompt) {
  Json tokens = Json::array();
  for (const std::int64_t id : prompt.ids) tokens.push_back(tokenizer.token(id));
  return {{"ids", prompt.ids}, {"tokens", tokens}, {"truncated", prompt.truncated}};
}

int run(const Options& options) {
  const ClipTokenizer tokenizer = find_tokenizer(options.model, options.vocabulary);
  std::string line;
  for (std::uint64_t number = 1; std::getline(std::cin, line); ++number) {
    runner::require_text(line, fmt::format("line {} of the input", number));
    const generate::TokenizedPrompt prompt = tokenizer.tokenize(line, options.length);
    if (!prompt.truncated.empty()) {
      core::log_warning(fmt::format("line {}: longer than {} tokens; cut off: \"{}\"", number,
                                    options.length, core::printable(prompt.truncated)));
    }
    const Json answer = options.tokens ? full_form(tokenizer, prompt) : Json(prompt.ids);
    std::printf("%s\n", answer.dump().c_str());
  }
  // A folder, or nothing that is open.
  if (std::ferror(stdin) != 0) throw core::Error::io("read", "standard input", errno);
  return 0;
}

}  // namespace

Command add_tokenize(CLI::App& program) {
  auto options = std::make_shared<Options>();
  CLI::App* app = program.add_subcommand(
      "tokenize", "Token ids of prompts: a line in, a JSON array with BOS and EOS out");
  auto* model = app->add_option("-m,--model", options->model,
                                "Model in diffusers' layout, or its tokenizer folder");
  app->add_option("--vocabulary", options->vocabulary,
                  "CLIP's own vocabulary file, bpe_simple_vocab_16e6.txt.gz")
      ->excludes(model);
  app->add_option("--length", options->length, "Where prompts are cut (with a warning)")
      ->check(CLI::Range(2, 1'000'000))
      ->capture_default_str();
  app->add_flag("--tokens", options->tokens,
                "An object instead: ids, tokens as spelt in the vocabulary, and what was cut");
  app->footer(
      "Examples:\n"
      "  echo 'a photo of an astronaut' | ersatz tokenize --model sd15\n"
      "  ersatz tokenize --vocabulary bpe_simple_vocab_16e6.txt.gz < prompts.txt\n"
      "  ersatz tokenize --model sd15 --tokens < prompts.txt | jq -r .truncated\n");
  return {app, [options] { return run(*options); }};
}

}  // namespace ersatz::cli
