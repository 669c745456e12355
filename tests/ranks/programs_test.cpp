// Programs as ranks, started as launchers start them: the same model and the same pictures from any
// number of ranks.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <chrono>
#include <csignal>
#include <map>

#include "cli/cli_fixture.h"
#include "cli/generate_fixture.h"
#include "core/blas.h"
#include "core/file_system.h"
#include "data/scenes/scene_export.h"
#include "ranks/rank_processes.h"

namespace ersatz::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using Clock = std::chrono::steady_clock;

// Everything of a model but what tells when and how fast it was made.
std::map<std::string, std::string> model_files(const fs::path& model) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(model)) {
    const std::string name = fs::relative(entry.path(), model).string();
    if (!entry.is_regular_file() || name == "README.md" || name == "training.json") continue;
    files[name] = core::read_file(entry.path());
  }
  return files;
}

// A training of a small Stable Diffusion model in a folder of its own.
class MiniSd {
 public:
  explicit MiniSd(const std::string& overrides = "") : overrides_(overrides) {
    core::make_directories(folder_ / "runs");
  }
  std::string command() const {
    return fmt::format(
        "env ERSATZ_HOME={} ERSATZ_RUNS={} OPENBLAS_THREAD_TIMEOUT=4 {}/ersatz train mini-sd "
        "--recipe tiny --threads 1 --parts 4 {} --out {}",
        source_root().string(), (folder_ / "runs").string(), ERSATZ_BIN_DIR, overrides_,
        model().string());
  }
  fs::path model() const { return folder_ / "model"; }
  // Whether the diffusion training has saved its second checkpoint.
  bool is_training() const {
    std::error_code ignored;
    for (fs::recursive_directory_iterator it(folder_ / "runs", ignored), end; it != end;
         it.increment(ignored)) {
      const std::string path = it->path().string();
      if (path.find("mini-sd-diffusion") != std::string::npos &&
          it->path().filename() == "checkpoint-1.safetensors.sha256") {
        return true;
      }
    }
    return false;
  }

 private:
  TemporaryFolder folder_;
  std::string overrides_;
};

constexpr const char* kLonger =
    "-o diffusion.steps=150 -o samples.every=1000 -o run.diffusion_checkpoint_every=10";

std::map<std::string, std::string> trained_alone(const std::string& overrides) {
  const MiniSd training(overrides);
  const CommandResult result = run_command(training.command());
  EXPECT_EQ(result.exit_status, 0) << result.errors;
  return model_files(training.model());
}

TEST(RankPrograms, MiniSdIsTheSameModelFromAnyNumberOfRanks) {
  const auto expected = trained_alone("");
  ASSERT_GT(expected.size(), 8U);
  for (const int size : {2, 4}) {
    const MiniSd training;
    RankProcesses ranks(size, training.command());
    const auto results = ranks.wait();
    for (const CommandResult& result : results) {
      ASSERT_EQ(result.exit_status, 0) << all_errors(results);
    }
    EXPECT_THAT(results[0].errors, HasSubstr(fmt::format("{} ranks, started by torchrun", size)));
    EXPECT_EQ(results[1].output + results[1].errors, "") << "rank 0 alone reports";
    EXPECT_TRUE(model_files(training.model()) == expected) << size << " ranks";
  }
}

TEST(RankPrograms, OneRankOfAMachineWarnsOfSlowKernels) {
  if (!core::blas_core_is_slow("Prescott")) GTEST_SKIP() << "no kernels are slow on this CPU";
  const MiniSd training;
  RankProcesses ranks(2, "env OPENBLAS_CORETYPE=Prescott " + training.command());
  const auto results = ranks.wait();
  EXPECT_EQ(results[0].exit_status, 0) << all_errors(results);
  EXPECT_THAT(results[0].errors, HasSubstr("OpenBLAS uses its 'Prescott' kernels"));
  EXPECT_EQ(results[1].output + results[1].errors, "");
}

TEST(RankPrograms, ALostOrInterruptedRankEndsTheTrainingWhichGoesOn) {
  const auto expected = trained_alone(kLonger);
  const MiniSd training(kLonger);
  const auto disturb = [&](int rank, int number, double seconds) {
    RankProcesses ranks(2, training.command());
    EXPECT_TRUE(RankProcesses::until([&] { return training.is_training(); }));
    const auto begin = Clock::now();
    for (int other = 0; other < 2; ++other) {
      if (rank < 0 || rank == other) ranks.signal(other, number);
    }
    auto results = ranks.wait(seconds + 10);
    EXPECT_LT(std::chrono::duration<double>(Clock::now() - begin).count(), seconds);
    return results;
  };
  const auto lost = disturb(1, SIGKILL, 30);
  EXPECT_EQ(lost[0].exit_status, 60) << all_errors(lost);
  EXPECT_THAT(lost[0].errors, HasSubstr("rank 1 of 2 has given no sign of life for 10 s"));
  EXPECT_FALSE(fs::exists(training.model()));

  const auto interrupted = disturb(-1, SIGINT, 30);
  for (const CommandResult& result : interrupted) {
    EXPECT_EQ(result.exit_status, 130) << all_errors(interrupted);
  }

  RankProcesses again(2, training.command());
  const auto results = again.wait();
  for (const CommandResult& result : results)
    EXPECT_EQ(result.exit_status, 0) << all_errors(results);
  EXPECT_THAT(results[0].errors, HasSubstr("diffusion (continued)"));
  EXPECT_TRUE(model_files(training.model()) == expected);
}

TEST(RankPrograms, ADetectorIsTheSameFromAnyNumberOfRanks) {
  const TemporaryFolder folder;
  data::SceneRequest request;
  request.kind = data::SceneKind::kAppleTree;
  request.width = request.height = 64;
  data::write_scenes(folder / "train", request, 1, 0, 7);
  data::write_scenes(folder / "val", request, 1, 7, 2);
  const auto command = [&](const std::string& out) {
    return fmt::format(
        "env -C {0} ERSATZ_HOME={1} {2}/ersatz train detector --data train/annotations.json --val "
        "val/annotations.json --model yolov8n --size 64 --batch 4 --epochs 2 --device cpu "
        "--threads 1 --parts 3 --out {3}",
        folder.path().string(), source_root().string(), ERSATZ_BIN_DIR, out);
  };
  const CommandResult alone = run_command(command("alone"));
  ASSERT_EQ(alone.exit_status, 0) << alone.errors;
  for (const int size : {2, 3}) {
    const std::string out = fmt::format("of-{}", size);
    RankProcesses ranks(size, command(out));
    const auto results = ranks.wait();
    for (const CommandResult& result : results) {
      ASSERT_EQ(result.exit_status, 0) << all_errors(results);
    }
    EXPECT_EQ(results[1].output + results[1].errors, "") << "rank 0 alone reports";
    for (const char* file : {"last.safetensors", "best.safetensors", "results.json"}) {
      EXPECT_TRUE(core::read_file(folder / out / file) == core::read_file(folder / "alone" / file))
          << file << " of " << size << " ranks";
    }
  }
  RankProcesses too_many(4, command("of-4"));
  for (const CommandResult& result : too_many.wait()) {
    EXPECT_EQ(result.exit_status, 2);
    EXPECT_THAT(result.errors, HasSubstr("a batch in 3 parts cannot be shared by 4 ranks"));
  }
}

// DreamBooth's weights and a LoRA, with pictures of the class that rank 0 makes for all.
TEST(RankPrograms, AFineTuningIsTheSameFromAnyNumberOfRanks) {
  const ImageWorkshop shop;
  shop.picture("picture.png", 48, 32);
  for (const char* name : {"a.png", "b.png", "c.png"}) {
    write_text(shop / "toys" / name, core::read_file(shop / "picture.png"));
  }
  const auto command = [&](const std::string& training, const std::string& out) {
    return fmt::format(
        "env -C {0} ERSATZ_HOME={1} {2}/ersatz train {3} --model {4} --pictures toys --prompt "
        "'a q toy' --class-prompt 'a toy' --class-count 3 --class-steps 2 --size 32 --steps 4 "
        "--batch 4 --save-every 2 --learning-rate 1e-3 --threads 1 --parts 4 --out {5}",
        (shop / "").string(), source_root().string(), ERSATZ_BIN_DIR, training,
        shop.model().string(), out);
  };
  for (const auto& [training, file] :
       {std::pair<std::string, std::string>{"lora", "pytorch_lora_weights.safetensors"},
        {"dreambooth", "model/unet/diffusion_pytorch_model.safetensors"}}) {
    const CommandResult alone = run_command(command(training, training));
    ASSERT_EQ(alone.exit_status, 0) << alone.errors;
    for (const int size : {2, 4}) {
      const std::string out = fmt::format("{}-of-{}", training, size);
      RankProcesses ranks(size, command(training, out));
      const auto results = ranks.wait();
      for (const CommandResult& result : results) {
        ASSERT_EQ(result.exit_status, 0) << all_errors(results);
      }
      EXPECT_EQ(results[1].output + results[1].errors, "") << "rank 0 alone reports";
      EXPECT_TRUE(core::read_file(shop / out / file) == core::read_file(shop / training / file))
          << training << ", " << size << " ranks";
    }
  }
}

TEST(RankPrograms, GenerateMakesTheSamePicturesOnAnyNumberOfRanks) {
  const ImageWorkshop shop;
  const auto command = [&](const std::string& out) {
    return fmt::format(
        "env -C {} {}", (shop / "").string(),
        shop.command("txt2img --prompt cat --prompt dog --count 3 --seed 5 --out " + out));
  };
  const CommandResult whole = run_command(command("one"));
  ASSERT_EQ(whole.exit_status, 0) << whole.errors;
  const auto names = shop.files("one");
  ASSERT_EQ(names.size(), 12U);
  // With more ranks than four, some would have one picture and some two.
  for (const int size : {2, 4, 7}) {
    const std::string out = fmt::format("of-{}", size);
    RankProcesses ranks(size, command(out));
    const auto results = ranks.wait();
    for (const CommandResult& result : results) {
      ASSERT_EQ(result.exit_status, 0) << all_errors(results);
    }
    EXPECT_EQ(shop.files(out), names);
    for (const std::string& name : names) {
      if (fs::path(name).extension() != ".png") continue;
      EXPECT_TRUE(core::read_file(shop / (out + "/" + name)) ==
                  core::read_file(shop / ("one/" + name)))
          << name << " of " << size << " ranks";
    }
  }
  const CommandResult both = run_command(
      "RANK=0 WORLD_SIZE=2 MASTER_ADDR=127.0.0.1 MASTER_PORT=1 " + command("both --shard 0/2"));
  EXPECT_EQ(both.exit_status, 2);
}

// What rank_worker adds up alone and under a launcher.
void expect_sum(const std::string& launch, const TemporaryFolder& folder) {
  const TemporaryFolder alone;
  const std::string worker = fmt::format("{}/rank_worker sum", ERSATZ_TEST_DIR);
  ASSERT_EQ(run_command(fmt::format("{} {} 4", worker, alone.path().string())).exit_status, 0);
  const CommandResult result =
      run_command(fmt::format("{} {} {} 4", launch, worker, folder.path().string()));
  ASSERT_EQ(result.exit_status, 0) << result.output << result.errors;
  for (const char* rank : {"sum-0", "sum-1"}) {
    EXPECT_TRUE(core::read_file(folder / rank) == core::read_file(alone / "sum-0")) << rank;
  }
}

TEST(RankLaunchers, Mpirun) {
  if (run_command("command -v mpirun").exit_status != 0) {
    GTEST_SKIP() << "mpirun is not on this machine (openmpi-bin)";
  }
  const TemporaryFolder folder;
  const bool root = run_command("[ \"$(id -u)\" = 0 ]").exit_status == 0;
  expect_sum(fmt::format("mpirun {} --oversubscribe -np 2", root ? "--allow-run-as-root" : ""),
             folder);
}

class Torchrun : public ::testing::TestWithParam<const char*> {};

TEST_P(Torchrun, StartsRanks) {
  if (run_command("command -v torchrun").exit_status != 0) {
    GTEST_SKIP() << "torchrun is not on this machine (python3-torch)";
  }
  const TemporaryFolder folder, logs;
  // Debian's 1.13 takes its own default of not redirecting anything for a mistake under
  // Python 3.11.
  const std::string torchrun =
      fmt::format("torchrun --redirects 1 --tee 2 --log_dir '{}' --nproc_per_node=2 --no_python ",
                  logs.path().string());
  std::string how = GetParam();
  if (how.empty()) how = fmt::format("--master_addr=127.0.0.1 --master_port={}", free_port());
  expect_sum(torchrun + how, folder);
}
// Its agent holds the store, or leaves that to rank 0.
INSTANTIATE_TEST_SUITE_P(Ways, Torchrun, ::testing::Values("", "--standalone"),
                         [](const auto& instance) {
                           return instance.index == 0 ? "Static" : "Standalone";
                         });

// Two machines with two ranks each: network namespaces joined by a cable.
TEST(RankLaunchers, TwoNetworkNamespaces) {
  const CommandResult possible =
      run_command(fmt::format("{}/tests/ranks/two_namespaces.sh check", source_root().string()));
  if (possible.exit_status != 0) GTEST_SKIP() << possible.errors;
  const TemporaryFolder folder, alone;
  const std::string worker = fmt::format("{}/rank_worker", ERSATZ_TEST_DIR);
  const std::string script =
      fmt::format("{}/tests/ranks/two_namespaces.sh", source_root().string());
  ASSERT_EQ(run_command(fmt::format("{} sum {} 4", worker, alone.path().string())).exit_status, 0);
  const CommandResult sums =
      run_command(fmt::format("{} run {} sum {} 4", script, worker, folder.path().string()));
  ASSERT_EQ(sums.exit_status, 0) << sums.output << sums.errors;
  for (const char* rank : {"sum-0", "sum-1", "sum-2", "sum-3"}) {
    EXPECT_TRUE(core::read_file(folder / rank) == core::read_file(alone / "sum-0")) << rank;
  }
  // A training over the cable.
  const TemporaryFolder trained;
  ASSERT_EQ(run_command(fmt::format("{} photos {} 4", worker, alone.path().string())).exit_status,
            0);
  const CommandResult training =
      run_command(fmt::format("{} run {} photos {} 4", script, worker, trained.path().string()));
  ASSERT_EQ(training.exit_status, 0) << training.output << training.errors;
  EXPECT_TRUE(core::read_file(trained / "weights") == core::read_file(alone / "weights"));
  // The cable is pulled once all have met: neither side hears of the other again.
  const CommandResult pulled =
      run_command(fmt::format("{} pull {} meet {} 4", script, worker, folder.path().string()));
  EXPECT_EQ(pulled.exit_status, 0) << pulled.output << pulled.errors;
  EXPECT_THAT(pulled.output, HasSubstr("60 60 60 60"));
}

// All ranks reach rank 0, whose port is open between the machines, but no other is.
TEST(RankLaunchers, NetworkNamespacesWithOneOpenPort) {
  const std::string script =
      fmt::format("{}/tests/ranks/two_namespaces.sh", source_root().string());
  const CommandResult possible = run_command(script + " check");
  if (possible.exit_status != 0) GTEST_SKIP() << possible.errors;
  const TemporaryFolder folder;
  const auto meet = [&](const std::string& environment, const std::string& mode) {
    return run_command(fmt::format("{} {} {} {}/rank_worker meet {} 4", environment, script, mode,
                                   ERSATZ_TEST_DIR, folder.path().string()));
  };
  const CommandResult waited = meet("RANK_WORKER_JOIN_SECONDS=4", "deaf");
  EXPECT_EQ(waited.output, "60 60 60 60\n") << waited.errors;
  EXPECT_THAT(waited.errors, HasSubstr("cannot connect with all others"));
  // A signal ends them long before.
  const CommandResult ended = meet("RANK_WORKER_JOIN_SECONDS=300 timeout 120", "terminate");
  EXPECT_EQ(ended.output, "143 143 143 143\n") << ended.errors;
  EXPECT_EQ(ended.errors.find("nobody waits"), std::string::npos) << ended.errors;
}

}  // namespace
}  // namespace ersatz::test
