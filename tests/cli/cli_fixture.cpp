#include "cli/cli_fixture.h"

#include <fmt/format.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <vector>

#include "core/machine.h"
#include "core/stage_cache.h"

namespace ersatz::test {
namespace {

namespace fs = std::filesystem;
using core::Json;

constexpr const char* kCard = R"(id = "toy"
title = "A toy experiment"
summary = "Asks whether toys work."
version = 2
datasets = ["toy-data"]

[citation]
authors = ["Ada Toy", "Bob Toy"]
title = "On toys"
year = 2020
venue = "Toy Conference"
bibtex = "@article{toy}"

[[published]]
id = "paper.accuracy"
unit = "%"
value = 91.5
source = "Table 1"
confidence = "H"

[[table]]
id = "main"
title = "Accuracy of toys"
headers = ["accuracy"]
rows = [{label = "toy", cells = ["accuracy"], published = [91.5]}]

[[claim]]
id = "toys_work"
statement = "Toys are at least 80 % accurate."
source = "Abstract"
kind = "between"
metric = "accuracy"
low = 80
high = 100

[[expected]]
profile = "mini"
metric = "accuracy"
value = 90
abs_tol = 2
paper = 91.5
paper_tol = 5
seeds = 3

[[changelog]]
version = 1
date = "2020-01-01"
text = "First."

[[changelog]]
version = 2
date = "2020-02-01"
text = "Second."
)";

constexpr const char* kPaper = R"(title = "As published"
cost = "a day"
steps = 1000
rate = 1e-3

[data]
manifests = ["toy-data"]
)";

constexpr const char* kMini = R"(extends = "paper"
title = "Small"
cost = "a minute"
differs = ["Fewer steps."]
steps = 10

[data]
manifests = []
)";

constexpr const char* kManifest = R"(id = "toy-data"
title = "Toy data"
version = "1"
homepage = "https://example.org/"
license = "CC0-1.0"
license_url = "https://creativecommons.org/publicdomain/zero/1.0/"
redistribution = "Free."
citation = "@misc{toy}"

[[file]]
path = "toys.bin"
urls = ["https://example.org/toys.bin"]
size = 5
sha256 = "882ae6e25686f09f7aa86d25fbe5c017ff37218742d0c33588fd727690a6b3fa"
)";

constexpr const char* kProgram = R"(#!/bin/sh
echo "program reproduce-toy"
for word in "$@"; do echo "word $word"; done
echo "OPENBLAS_CORETYPE=$OPENBLAS_CORETYPE"
echo "OMP_WAIT_POLICY=$OMP_WAIT_POLICY"
exit 7
)";

const fs::path& built_program() {
  static const fs::path path = fs::path(ERSATZ_BIN_DIR) / "ersatz";
  return path;
}

}  // namespace

fs::path source_root() { return fs::path(ERSATZ_TEST_FIXTURES).parent_path().parent_path(); }

std::string read_text(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

void write_text(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << text;
}

ToyProject::ToyProject() : program_(built_program()) {
  write("experiments/toy/experiment.toml", kCard);
  write("experiments/toy/README.md", "# Toy\n");
  write("experiments/toy/profiles/paper.toml", kPaper);
  write("experiments/toy/profiles/mini.toml", kMini);
  write("data_manifests/toy-data.toml", kManifest);
}

CommandResult ToyProject::ersatz(const std::string& arguments,
                                 const std::string& environment) const {
  return run_command(fmt::format(
      "cd '{0}' && env -u ERSATZ_MIRROR -u OPENBLAS_CORETYPE -u OMP_WAIT_POLICY ERSATZ_HOME='{1}' "
      "ERSATZ_RUNS='{2}' ERSATZ_RESULTS='{3}' ERSATZ_CACHE='{4}' {5} '{6}' {7}",
      folder_.path().string(), root().string(), runs().string(), results().string(),
      cache().string(), environment, program_.string(), arguments));
}

void ToyProject::write(const std::string& path, const std::string& text) const {
  write_text(root() / path, text);
}

void ToyProject::edit(const std::string& path, const std::string& from,
                      const std::string& to) const {
  std::string text = read_text(root() / path);
  const std::size_t place = text.find(from);
  if (place == std::string::npos) throw std::logic_error("not in " + path + ": " + from);
  write(path, text.replace(place, from.size(), to));
}

void ToyProject::write_results(const std::string& profile, double value) const {
  const Json metrics = {{{"id", "accuracy"},
                         {"unit", "%"},
                         {"values", {value - 0.5, value, value + 0.5}},
                         {"seeds", {1, 2, 3}},
                         {"sample_count", 10000}}};
  const Json record = {
      {"format", 1},
      {"experiment", "toy"},
      {"card_version", 2},
      {"profile", profile},
      {"profile_title", "Small"},
      {"command", "make reproduce-toy"},
      {"notes", Json::array()},
      {"differs", Json::array({"Fewer steps."})},
      {"difference", profile == "mini" ? Json({{"data.manifests", {{"toy-data"}, Json::array()}},
                                               {"steps", {1000, 10}}})
                                       : Json::object()},
      {"pictures", Json::array()},
      {"metrics", metrics}};
  write_text(results() / "toy" / profile / "metrics.json", record.dump(2));
}

fs::path ToyProject::add_run(const std::string& profile, const std::string& name,
                             const std::string& state, bool alive,
                             const std::vector<std::string>& keys) const {
  const fs::path folder = runs() / "toy" / profile / name;
  const Json request = {{"experiment", "toy"}, {"profile", profile}, {"overrides", Json::array()},
                        {"seed", nullptr},     {"device", "auto"},   {"keep_going", false},
                        {"only", ""}};
  write_text(folder / "run.json", request.dump());
  const std::int64_t pid = alive ? ::getpid() : 1;
  const std::uint64_t start = core::process_start_ticks(pid) + (alive ? 0 : 1);
  const Json status = {{"state", state},
                       {"pid", pid},
                       {"pid_start", start},
                       {"host", core::this_machine().host},
                       {"started", "2026-01-02T03:04:05Z"},
                       {"updated", "2026-01-02T03:04:05Z"},
                       {"exit_status", 0},
                       {"message", ""}};
  write_text(folder / "status.json", status.dump());
  Json plan = Json::array();
  for (const std::string& key : keys) {
    plan.push_back({{"name", "train/" + key}, {"kind", "train"}, {"key", key}});
  }
  if (!keys.empty()) write_text(folder / "plan.json", plan.dump());
  return folder;
}

fs::path ToyProject::add_stage_output(const std::string& key, bool partial) const {
  const core::StageCache cache(runs() / "cache");
  const fs::path folder = partial ? cache.partial_dir("train", key) : cache.entry_dir("train", key);
  write_text(folder / "weights.bin", std::string(1000, 'w'));
  return folder;
}

void ToyProject::use_own_program() {
  fs::create_directories(bin());
  // Not a link: the program looks beside the file it really is.
  fs::copy_file(built_program(), bin() / "ersatz");
  write_text(bin() / "reproduce-toy", kProgram);
  fs::permissions(bin() / "reproduce-toy", fs::perms::owner_all);
  program_ = bin() / "ersatz";
}

CommandResult ersatz_here(const std::string& arguments, const std::string& environment) {
  const TemporaryFolder folder;
  return run_command(fmt::format(
      "env -u ERSATZ_MIRROR ERSATZ_HOME='{0}' ERSATZ_RUNS='{1}/runs' ERSATZ_RESULTS='{1}/results' "
      "ERSATZ_CACHE='{1}/cache' {2} '{3}' {4}",
      source_root().string(), folder.path().string(), environment, built_program().string(),
      arguments));
}

std::vector<std::string> offered_values(const std::string& command, const std::string& option) {
  std::istringstream lines(
      ersatz_here(fmt::format("__complete -- {} {} ''", command, option)).output);
  std::vector<std::string> values;
  for (std::string line; std::getline(lines, line);) values.push_back(line);
  return values;
}

}  // namespace ersatz::test
