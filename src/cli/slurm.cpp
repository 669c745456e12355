#include "cli/slurm.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/batch_script.h"
#include "core/command_line.h"
#include "core/config.h"
#include "core/error.h"
#include "core/file_system.h"
#include "core/project.h"
#include "core/suggest.h"
#include "runner/run_options.h"

namespace ersatz::cli {
namespace {

namespace fs = std::filesystem;
using core::Error;
using Words = std::vector<std::string>;

struct Options {
  BatchJob job;
  Words words;  // of the command
  std::int64_t shards = 0;
  std::string out;
};

// `run ID ...`: one command for each combination of the values in its comma lists.
std::vector<Words> expand_run(const Words& words) {
  CLI::App app{"", "ersatz run"};
  std::string id;
  runner::RunOptions options;
  app.add_option("experiment", id)->required();
  runner::add_run_options(app, options);
  Words reversed(words.rbegin(), words.rend() - 1);
  try {
    app.parse(reversed);
  } catch (const CLI::ParseError& error) {
    throw Error::usage(fmt::format("ersatz run: {}", error.what()));
  }
  core::check_option_values(app);
  if (options.dry_run) throw Error::usage("a dry run needs no batch job: leave out --dry-run");
  const core::Config config =
      core::Config::load(core::Project::get().experiment(id), options.profile);
  std::vector<Words> commands;
  for (const Words& overrides : core::expand_sweeps(config, options.overrides)) {
    core::Config checked = config;
    for (const std::string& assignment : overrides) checked.override_value(assignment);
    runner::RunOptions one = options;
    one.overrides = overrides;
    one.progress = options.progress == "auto" ? "plain" : options.progress;
    Words command = {"run", id};
    for (std::string& word : runner::run_arguments(one)) command.push_back(std::move(word));
    commands.push_back(std::move(command));
  }
  return commands;
}

std::vector<Words> expand_shards(const Words& words, std::int64_t shards) {
  const auto is_shard = [](const std::string& word) {
    return word == "--shard" || word.rfind("--shard=", 0) == 0;
  };
  if (std::any_of(words.begin(), words.end(), is_shard)) {
    throw Error::usage("--shards of a command that has its own --shard");
  }
  std::vector<Words> commands;
  for (std::int64_t i = 0; i < shards; ++i) {
    Words command = words;
    command.insert(command.end(), {"--shard", fmt::format("{}/{}", i, shards)});
    commands.push_back(std::move(command));
  }
  return commands;
}

std::string job_name(const Words& words) {
  std::string name = "ersatz";
  for (std::size_t i = 0; i < std::min<std::size_t>(words.size(), 2); ++i) {
    if (words[i].empty() || words[i][0] == '-') break;
    name += "-" + fs::path(words[i]).stem().string();
  }
  std::replace_if(
      name.begin(), name.end(),
      [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; }, '-');
  return name;
}

// What says where the project is must be the same on the machine that computes.
void add_environment(BatchJob& job) {
  job.environment.emplace_back("ERSATZ_HOME", core::Project::get().root().string());
  for (const char* name : {"ERSATZ_RUNS", "ERSATZ_RESULTS", "ERSATZ_CACHE"}) {
    const char* const value = std::getenv(name);
    if (value == nullptr || *value == '\0') continue;  // both mean the default
    job.environment.emplace_back(name, fs::absolute(value).string());
  }
}

// A job that would end at once is told here, not in the queue.
void check_command(const CLI::App& program, const std::string& name) {
  Words known;
  for (const CLI::App* app : program.get_subcommands([](const CLI::App*) { return true; })) {
    if (!app->get_group().empty()) known.push_back(app->get_name());
  }
  if (std::find(known.begin(), known.end(), name) == known.end()) {
    throw core::unknown_name("command", name, known);
  }
}

int write_script(Options options) {
  const Words& words = options.words;
  if (options.shards > 0 && options.job.tasks > 1) {
    throw Error::usage("--shards and --tasks: each divides the pictures",
                       "--shards for an array of jobs, --tasks for ranks of one job");
  }
  BatchJob job = options.job;
  if (words.front() == "run") {
    if (options.shards > 0) {
      throw Error::usage("`ersatz run` has no shards", "its sweeps become an array: -o key=a,b,c");
    }
    job.commands = expand_run(words);
  } else if (options.shards > 1) {
    job.commands = expand_shards(words, options.shards);
  } else {
    job.commands = {words};
  }
  if (job.name.empty()) job.name = job_name(words);
  if (job.program.empty()) job.program = fs::read_symlink("/proc/self/exe").string();
  add_environment(job);
  const std::string text = batch_script(job);
  if (options.out.empty()) {
    std::fputs(text.c_str(), stdout);
    return 0;
  }
  core::write_file_atomic(options.out, text);
  std::printf("%s: %zu %s; `sbatch %s` starts %s\n", options.out.c_str(), job.commands.size(),
              job.commands.size() == 1 ? "command" : "array elements",
              shell_quoted(options.out).c_str(), job.commands.size() == 1 ? "it" : "them");
  return 0;
}

}  // namespace

Command add_slurm(CLI::App& program) {
  auto options = std::make_shared<Options>();
  BatchJob& job = options->job;
  CLI::App* app = program.add_subcommand(
      "slurm", "A batch script for Slurm: an array for a sweep or for shards, or several ranks");
  app->add_option("command", options->words, "The command of `ersatz` to run, after --")
      ->required();
  app->add_option("--out", options->out, "The script; default: standard output");
  app->add_option("--shards", options->shards,
                  "An array of so many jobs, each with its --shard of the command")
      ->check(CLI::Range(1, 10000));
  app->add_option("--tasks", job.tasks, "Ranks of each command, by srun")
      ->check(CLI::Range(1, 65536))
      ->capture_default_str();
  app->add_option("--nodes", job.nodes, "Nodes of each job; 0: as Slurm likes")
      ->check(CLI::Range(0, 65536));
  app->add_option("--name", job.name, "Of the job; empty: made of the command");
  app->add_option("--partition", job.partition, "Where to run");
  app->add_option("--account", job.account, "Who pays");
  app->add_option("--time", job.time, "Limit: 90 (minutes), 1:30:00, 2-12:00:00");
  app->add_option("--stop-before", job.stop_before,
                  "Interrupt the command this many seconds before the limit: it can then go on")
      ->check(CLI::Range(0, 65535))
      ->capture_default_str();
  app->add_option("--cpus", job.cpus, "Per rank")->check(CLI::Range(0, 4096));
  app->add_option("--gpus", job.gpus, "Per rank")->check(CLI::Range(0, 64));
  app->add_option("--memory", job.memory, "Per node: 16G");
  app->add_option("--throttle", job.throttle, "So many elements of an array at a time; 0: all")
      ->check(CLI::Range(0, 10000));
  app->add_option("--log", job.output, "Output file, with sbatch's %x, %A, %a, %j");
  app->add_option("--program", job.program, "Path of `ersatz` there; empty: this one");
  app->footer(
      "Examples:\n"
      "  ersatz slurm --time 2:00:00 --cpus 4 --out sweep.sbatch -- run mnist -p reduced \\\n"
      "      -o classifier.steps=10000,30000 -o seed=1,2,3          an array of 6 runs\n"
      "  ersatz slurm --shards 8 --gpus 1 --throttle 4 -- generate txt2img -m sd15 \\\n"
      "      --prompts cars.txt --out cars                          8 jobs, 4 at a time\n"
      "  ersatz slurm --tasks 4 --gpus 1 -- train mini-sd --recipe gpu --out model\n"
      "                                                             one job of 4 ranks\n"
      "docs/ranks.md has more.\n");
  return {app, [options, &program] {
            check_command(program, options->words.front());
            return write_script(*options);
          }};
}

}  // namespace ersatz::cli
