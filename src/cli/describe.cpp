#include "cli/describe.h"

#include <cstdio>
#include <memory>
#include <string>

#include "cli/card_json.h"
#include "cli/card_text.h"
#include "core/card.h"
#include "core/project.h"

namespace ersatz::cli {
namespace {

struct Options {
  std::string id;
  bool json = false;
};

int run(const Options& options) {
  const core::Card card = core::load_card(core::Project::get().experiment(options.id));
  std::printf("%s",
              options.json ? (card_json(card).dump(2) + "\n").c_str() : card_text(card).c_str());
  return 0;
}

}  // namespace

Command add_describe(CLI::App& program) {
  auto options = std::make_shared<Options>();
  CLI::App* app = program.add_subcommand(
      "describe", "One experiment: the paper, its claims and numbers, profiles, data, licences");
  app->add_option("experiment", options->id, "Which one")->required();
  app->add_flag("--json", options->json, "For scripts");
  app->footer(
      "Examples:\n"
      "  ersatz describe mnist\n"
      "  ersatz describe mnist --json | jq -r '.citation.bibtex'\n");
  return {app, [options] { return run(*options); }};
}

}  // namespace ersatz::cli
