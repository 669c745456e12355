// `ersatz train mini-sd` with the recipe `tiny`: every stage of the real thing, in seconds.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "cli/cli_fixture.h"
#include "core/file_system.h"
#include "core/json.h"
#include "core/run_directory.h"
#include "data/images/image_file.h"
#include "support/test_support.h"

namespace ersatz::test {
namespace {

namespace fs = std::filesystem;

class TrainingRuns {
 public:
  // `ersatz <arguments>`, with runs in a folder of this object's own.
  CommandResult ersatz(const std::string& arguments) const {
    return run_command(command(arguments));
  }
  // The same, ended by `signal` (KILL, INT) as soon as a file with this ending is below runs/.
  CommandResult stopped(const std::string& arguments, const std::string& ending,
                        const std::string& signal) const {
    return run_command(
        fmt::format("{} & pid=$!; while kill -0 $pid 2>/dev/null && ! find {} -path '*{}' | grep "
                    "-q .; do sleep "
                    "0.02; done; kill -{} $pid 2>/dev/null; wait $pid",
                    command(arguments), runs().string(), ending, signal));
  }
  fs::path runs() const { return folder_ / "runs"; }
  fs::path operator/(const std::string& name) const { return folder_ / name; }

  std::vector<core::RunDirectory> all() const { return core::list_runs(runs()); }

 private:
  std::string command(const std::string& arguments) const {
    core::make_directories(runs());
    return fmt::format("ERSATZ_HOME={} ERSATZ_RUNS={} OPENBLAS_THREAD_TIMEOUT=4 {}/ersatz {}",
                       source_root().string(), runs().string(), ERSATZ_BIN_DIR, arguments);
  }

  TemporaryFolder folder_;
};

constexpr const char* kTiny = "train mini-sd --recipe tiny --threads 2";

// Every file of a model that depends on nothing but the recipe.
std::map<std::string, std::string> model_files(const fs::path& model) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(model)) {
    const std::string name = fs::relative(entry.path(), model).string();
    if (!entry.is_regular_file() || name == "README.md" || name == "training.json") continue;
    files[name] = core::read_file(entry.path());
  }
  return files;
}

// One undisturbed run, made when it is first asked for.
const TrainingRuns& undisturbed() {
  static const TrainingRuns* const runs = [] {
    auto* const made = new TrainingRuns;
    const CommandResult result =
        made->ersatz(fmt::format("{} --out {}", kTiny, (*made / "model").string()));
    EXPECT_EQ(result.exit_status, 0) << result.errors;
    return made;
  }();
  return *runs;
}

void expect_usable_model(const TrainingRuns& runs) {
  const fs::path model = runs / "model";
  for (const char* file :
       {"model_index.json", "unet/diffusion_pytorch_model.safetensors",
        "text_encoder/model.safetensors", "vae/diffusion_pytorch_model.safetensors",
        "tokenizer/vocab.json", "tokenizer/merges.txt", "scheduler/scheduler_config.json",
        "README.md", "recipe.resolved.toml", "training.json"}) {
    EXPECT_TRUE(fs::exists(model / file)) << file;
  }
  EXPECT_EQ(runs.ersatz("weights verify " + model.string()).exit_status, 0);
  const CommandResult made = runs.ersatz(
      fmt::format("generate txt2img --model {} --prompt 'a photo of kiwis' --steps 3 --out {}",
                  model.string(), (runs / "pictures").string()));
  ASSERT_EQ(made.exit_status, 0) << made.errors;
  const auto header = data::read_image_header(runs / "pictures/00000_0.png");
  EXPECT_EQ(header.width, 32);

  // What was learned from, and what it measured, is in the card.
  const std::string card = core::read_file(model / "README.md");
  for (const char* text :
       {"license: apache-2.0", "- fruit: 100 %", "PSNR", "24 pictures the latents", "--recipe tiny",
        "time, diffusion", "commit"}) {
    EXPECT_NE(card.find(text), std::string::npos) << text << "\n" << card;
  }
  const core::Json training = core::read_json(model / "training.json");
  EXPECT_EQ(training.at("summaries").at("diffusion").at("samples"), 32);
}

void expect_pictures_and_log(const TrainingRuns& runs) {
  ASSERT_EQ(runs.all().size(), 1U);
  const core::RunDirectory run = runs.all().front();
  EXPECT_EQ(run.state(), core::RunState::kFinished);
  for (const char* name : {"step-0000004.png", "step-0000008.png", "finished.png"}) {
    const auto header = data::read_image_header(run.path() / "samples" / name);
    EXPECT_EQ(header.width, 2 * 34 + 2) << name;
    EXPECT_EQ(header.height, 2 * 34 + 2) << name;
  }
  EXPECT_TRUE(fs::exists(run.path() / "log.txt"));
  EXPECT_TRUE(fs::exists(run.path() / "model" / "model_index.json"));
}

void expect_reuse(const TrainingRuns& runs) {
  const CommandResult plan = runs.ersatz(fmt::format("{} --dry-run", kTiny));
  EXPECT_EQ(plan.exit_status, 0) << plan.errors;
  EXPECT_NE(plan.output.find("0 stages to run, 5 reused"), std::string::npos) << plan.output;
  const CommandResult more = runs.ersatz(fmt::format("{} --dry-run -o diffusion.steps=9", kTiny));
  EXPECT_NE(more.output.find("2 stages to run, 3 reused"), std::string::npos) << more.output;
  EXPECT_NE(more.output.find("diffusion.steps: 8 -> 9"), std::string::npos) << more.output;
}

// Recipes stay where a model is put, what an earlier model left does not.
void expect_clean_install(const TrainingRuns& runs) {
  write_text(runs / "assets" / "recipe.toml", "seed = 3\n");
  write_text(runs / "assets" / "unet" / "old.bin", "of an earlier model\n");
  const CommandResult result =
      runs.ersatz(fmt::format("{} --out {}", kTiny, (runs / "assets").string()));
  ASSERT_EQ(result.exit_status, 0) << result.errors;
  EXPECT_EQ(read_text(runs / "assets" / "recipe.toml"), "seed = 3\n");
  EXPECT_FALSE(fs::exists(runs / "assets" / "unet" / "old.bin"));
  EXPECT_TRUE(fs::exists(runs / "assets" / "model_index.json"));
}

// One test, because each test is a process and would train again.
TEST(TrainMiniSd, MakesAModelThatCanBeUsedAndReused) {
  const TrainingRuns& runs = undisturbed();
  expect_usable_model(runs);
  expect_pictures_and_log(runs);
  expect_reuse(runs);
  expect_clean_install(runs);
}

TEST(TrainMiniSd, KilledAndInterruptedItGivesTheSameBytes) {
  const TrainingRuns runs;
  const std::string out = (runs / "model").string();
  CommandResult result =
      runs.stopped(fmt::format("{} --out {}", kTiny, out),
                   "mini-sd-vae/*.partial/checkpoint/checkpoint-0.safetensors.sha256", "KILL");
  EXPECT_EQ(result.exit_status, 137) << result.errors;
  EXPECT_FALSE(fs::exists(out));
  result =
      runs.stopped(fmt::format("{} --out {}", kTiny, out),
                   "mini-sd-diffusion/*.partial/checkpoint/checkpoint-0.safetensors.sha256", "INT");
  EXPECT_EQ(result.exit_status, 130) << result.errors;
  EXPECT_NE(result.errors.find("(continued)"), std::string::npos) << result.errors;
  ASSERT_EQ(runs.all().size(), 2U);
  EXPECT_EQ(runs.all().front().state(), core::RunState::kInterrupted);
  // `ersatz resume` goes on with the newest.
  result = runs.ersatz("resume --threads 2");
  EXPECT_EQ(result.exit_status, 0) << result.errors;
  EXPECT_NE(result.errors.find("diffusion (continued)"), std::string::npos) << result.errors;
  EXPECT_EQ(runs.all().front().state(), core::RunState::kFinished);
  EXPECT_EQ(model_files(runs.all().front().path() / "model"), model_files(undisturbed() / "model"));
}

// The bytes of a file of float16 numbers, where zeros have no sign.
std::string numbers_in(const fs::path& file) {
  std::string bytes = core::read_file(file);
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
    if (bytes[i] == 0 && bytes[i + 1] == '\x80') bytes[i + 1] = 0;
  }
  return bytes;
}

// A model that exists is trained further, on roads that it never saw: with its own tokenizer and
// autoencoder, and from its own weights.
TEST(TrainMiniSd, GoesOnFromAModelThatExists) {
  const TrainingRuns runs;
  const std::string first = (undisturbed() / "model").string();
  const auto further = [&](const std::string& more) {
    return runs.ersatz(fmt::format("{} -o start.model={} -o data.road=1 -o diffusion.steps=1 {}",
                                   kTiny, first, more));
  };
  const CommandResult result = further("-o diffusion.learning_rate=1e-9");
  ASSERT_EQ(result.exit_status, 0) << result.errors;
  const fs::path model = runs.all().front().path() / "model";
  for (const char* file : {"tokenizer/vocab.json", "tokenizer/merges.txt",
                           "vae/diffusion_pytorch_model.safetensors"}) {
    EXPECT_TRUE(core::read_file(model / file) == core::read_file(fs::path(first) / file)) << file;
  }
  // One step at such a rate is less than a float16 can tell.
  for (const char* file :
       {"unet/diffusion_pytorch_model.safetensors", "text_encoder/model.safetensors"}) {
    EXPECT_TRUE(numbers_in(model / file) == numbers_in(fs::path(first) / file)) << file;
  }
  const core::Json record = core::read_json(model / "training.json");
  EXPECT_EQ(record.at("start").at("run").at("profile"), "tiny");
  EXPECT_NE(core::read_file(model / "README.md").find("## First training"), std::string::npos);

  EXPECT_EQ(further("-o vae.folder=elsewhere").exit_status, 2);
  const CommandResult other = further("-o unet.layers_per_block=2");
  EXPECT_EQ(other.exit_status, 2);
  EXPECT_NE(other.errors.find("layers_per_block"), std::string::npos) << other.errors;
  EXPECT_EQ(
      runs.ersatz(fmt::format("{} -o start.model={}", kTiny, (runs / "none").string())).exit_status,
      40);
}

TEST(TrainMiniSd, DamagedLatentsAreEncodedAgain) {
  const TrainingRuns runs;
  ASSERT_EQ(runs.ersatz(fmt::format("{} --only latents", kTiny)).exit_status, 0);
  fs::path shard;
  for (const auto& entry : fs::recursive_directory_iterator(runs.runs() / "cache")) {
    if (entry.path().filename() == "latents-00000.safetensors") shard = entry.path();
  }
  ASSERT_FALSE(shard.empty());
  std::string bytes = core::read_file(shard);
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  fs::permissions(shard, fs::perms::owner_write, fs::perm_options::add);
  core::write_file_atomic(shard, bytes);
  const CommandResult result = runs.ersatz(kTiny);
  EXPECT_EQ(result.exit_status, 0) << result.errors;
  EXPECT_NE(result.errors.find("latents-00000.safetensors"), std::string::npos) << result.errors;
  EXPECT_EQ(model_files(runs.all().front().path() / "model"), model_files(undisturbed() / "model"));
}

TEST(TrainMiniSd, MistakesInARecipeAreToldBeforeAnythingRuns) {
  const TrainingRuns runs;
  const auto refused = [&](const std::string& arguments, const std::string& text) {
    const CommandResult result = runs.ersatz("train mini-sd " + arguments);
    EXPECT_EQ(result.exit_status, 2) << arguments << "\n" << result.errors;
    EXPECT_NE(result.errors.find(text), std::string::npos) << arguments << "\n" << result.errors;
  };
  write_text(runs / "typo.toml", "seed = 2\n[diffusion]\nlerning_rate = 1e-3\n");
  refused("--recipe " + (runs / "typo.toml").string(), "did you mean 'diffusion.learning_rate'?");
  refused("--recipe " + (runs / "typo.toml").string(), "typo.toml:3");
  refused("--recipe tiny -o unet.block_chanels=[16,16]", "did you mean 'unet.block_channels'?");
  refused("--recipe tiny -o diffusion.steps=many", "an integer");
  refused("--recipe tinny", "did you mean 'tiny'?");
  refused("--recipe tiny -o unet.heads=[3,3]", "heads");
  refused("--recipe tiny -o diffusion.schedule=cosin", "did you mean 'cosine'?");
  refused("--recipe tiny -o diffusion.prediction=noise", "epsilon");
  refused("--recipe tiny -o data.side=33", "data.side");
  refused("--recipe tiny -o data.fruit=0", "no kind of scene");
  write_text(runs / "full" / "notes.txt", "mine\n");
  refused("--recipe tiny --out " + (runs / "full").string(), "holds something, but no model");
  EXPECT_TRUE(runs.all().empty());
  EXPECT_EQ(read_text(runs / "full" / "notes.txt"), "mine\n");
  const CommandResult none = runs.ersatz("train");
  EXPECT_EQ(none.exit_status, 2);
  EXPECT_EQ(runs.ersatz("train minisd").exit_status, 2);
}

// What the completion offers is taken, and what it does not is refused.
TEST(TrainOptions, WordsThatAreOfferedAreTaken) {
  const TrainingRuns runs;
  fs::create_directories(runs / "pictures");
  const std::string at = " -m nowhere --out " + (runs / "out").string(),
                    pictures = (runs / "pictures").string(),
                    lora = " --pictures " + pictures + " --prompt p" + at,
                    inversion = " --concept " + pictures + " --token '<a>' --initializer b" + at;
  for (const auto& [command, option, line] :
       std::vector<std::tuple<std::string, std::string, std::string>>{
           {"train lora", "--init", lora},
           {"train lora", "--schedule", lora},
           {"train lora", "--dtype", lora},
           {"train dreambooth", "--schedule", lora},
           {"train dreambooth", "--dtype", lora},
           {"train textual-inversion", "--template", inversion},
           {"train textual-inversion", "--schedule", inversion},
           {"train textual-inversion", "--dtype", inversion},
           {"train mini-sd", "--recipe", " --dry-run"},
           {"train mini-sd", "--progress", " --dry-run"}}) {
    const auto errors = [&](const std::string& word) {
      return runs.ersatz(command + line + " " + option + " " + word).errors;
    };
    const std::vector<std::string> words = offered_values(command, option);
    EXPECT_GE(words.size(), 2U) << command << option;
    for (const std::string& word : words) {
      EXPECT_EQ(errors(word).find("'" + word + "'"), std::string::npos)
          << command << option << ' ' << word << '\n'
          << errors(word);
    }
    EXPECT_NE(errors("zz").find("'zz'"), std::string::npos) << command << option;
  }
}

}  // namespace
}  // namespace ersatz::test
