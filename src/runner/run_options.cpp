#include "runner/run_options.h"

#include <fmt/format.h>

namespace ersatz::runner {

void add_run_options(CLI::App& app, RunOptions& options) {
  app.add_option("-p,--profile", options.profile,
                 "Profile: smoke, mini, reduced, paper, or a TOML file of your own")
      ->capture_default_str();
  app.add_option("-o,--override", options.overrides,
                 "key=value replaces a hyperparameter; key=a,b runs once for each value")
      ->allow_extra_args(false);
  app.add_option("--seed", options.seed, "First seed (replicates use seed, seed+1, ...)");
  app.add_option("--device", options.device, "auto, cpu, cuda or cuda:N")->capture_default_str();
  app.add_option("--threads", options.threads, "Compute threads; 0: one per physical core")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  app.add_option(
         "--parts", options.parts,
         "Divide batches of classifiers, detectors and segmenters into this many parts: results "
         "depend on it, and not on the number of ranks. 0: one per rank")
      ->check(CLI::Range(0, 65536));
  app.add_option("--resume", options.resume,
                 "Continue the run in this folder, with the settings it was started with");
  app.add_option("--from", options.from,
                 "Run again the stages whose name starts with this, and what follows");
  app.add_option("--only", options.only,
                 "Only the stages whose name starts with this, and their inputs");
  app.add_option("--time-limit", options.time_limit,
                 "Stop resumably after this many seconds (exit 130)")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--progress", options.progress, "auto, bar, plain, json or none")
      ->capture_default_str();
  app.add_flag("-n,--dry-run", options.dry_run,
               "Print the plan: what is reused, what runs, why, at what cost");
  app.add_flag("--all-stages", options.every_stage, "With --dry-run: one line for every stage");
  app.add_flag("--json", options.json, "With --dry-run: the plan as JSON");
  app.add_flag("-f,--force", options.force, "Run every stage again");
  app.add_flag("-k,--keep-going", options.keep_going,
               "Go on with what does not depend on a failed stage");
  app.add_flag("--offline", options.offline, "Never download: missing data is an error (exit 40)");
  app.add_flag("-q,--quiet", options.quiet, "Only warnings and the final table");
  // A run that is continued is what it was asked to be.
  for (const char* name : {"--profile", "--override", "--seed", "--device", "--parts", "--from",
                           "--only", "--force"}) {
    app.get_option("--resume")->excludes(app.get_option(name));
  }
}

std::vector<std::string> run_arguments(const RunOptions& options) {
  std::vector<std::string> words;
  const auto add = [&](const char* flag, const std::string& value) {
    words.emplace_back(flag);
    words.push_back(value);
  };
  if (!options.resume.empty())
    add("--resume", options.resume);
  else
    add("--profile", options.profile);
  for (const std::string& assignment : options.overrides) add("--override", assignment);
  if (options.seed) add("--seed", std::to_string(*options.seed));
  if (options.device != "auto") add("--device", options.device);
  if (options.threads != 0) add("--threads", std::to_string(options.threads));
  if (options.parts != 0) add("--parts", std::to_string(options.parts));
  if (!options.from.empty()) add("--from", options.from);
  if (!options.only.empty()) add("--only", options.only);
  if (options.time_limit > 0) add("--time-limit", fmt::format("{}", options.time_limit));
  add("--progress", options.progress);
  const auto flag = [&](bool on, const char* name) {
    if (on) words.emplace_back(name);
  };
  flag(options.dry_run, "--dry-run");
  flag(options.every_stage, "--all-stages");
  flag(options.json, "--json");
  flag(options.force, "--force");
  flag(options.keep_going, "--keep-going");
  flag(options.offline, "--offline");
  flag(options.quiet, "--quiet");
  return words;
}

}  // namespace ersatz::runner
