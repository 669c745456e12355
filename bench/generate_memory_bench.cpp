// Peak memory and time of `ersatz generate txt2img`, one picture of 512x512 in two guided steps
// with the topology of SD 1.5 (random weights), as the user runs it: a process of its own, whose
// largest resident set the kernel reports when it ends (as /usr/bin/time -v does).
//
//   peak_memory_GB   pages of the mapped weight file included
//   sd_cpp           that over the 2.06 GB of stable-diffusion.cpp (February 2026) with weights in
//                    float16
//
// The model is written to a folder for temporary files and removed at the end: 6.4 GB.
// ERSATZ_BENCH_MODELS names a folder that keeps it for the next time.
#include <benchmark/benchmark.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

constexpr double kStableDiffusionCppGigabytes = 2.06;

struct Finished {
  int status = -1;
  double peak_gigabytes = 0;
};

// Runs ersatz-diffusion, which lies beside this program, without its output.
Finished run(const std::vector<std::string>& arguments) {
  const std::string program = fs::read_symlink("/proc/self/exe").parent_path() / "ersatz-diffusion";
  std::vector<char*> line = {const_cast<char*>(program.c_str())};
  for (const std::string& argument : arguments) {
    line.push_back(const_cast<char*>(argument.c_str()));
  }
  line.push_back(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    ::execv(program.c_str(), line.data());
    ::_exit(127);
  }
  int status = 0;
  rusage usage{};
  if (child < 0 || ::wait4(child, &status, 0, &usage) != child) throw std::runtime_error("fork");
  return {status, static_cast<double>(usage.ru_maxrss) * 1024 / 1e9};
}

class Models {
 public:
  Models() {
    const char* named = std::getenv("ERSATZ_BENCH_MODELS");
    kept_ = named != nullptr;
    folder_ = kept_ ? fs::path(named)
                    : fs::temp_directory_path() / ("ersatz-bench-" + std::to_string(::getpid()));
    fs::create_directories(folder_);
  }
  ~Models() {
    std::error_code ignored;
    if (!kept_) fs::remove_all(folder_, ignored);
  }
  Models(const Models&) = delete;
  Models& operator=(const Models&) = delete;

  // SD 1.5 with weights stored in `type`: fp32 or fp16.
  fs::path sd15(const std::string& type) const {
    const fs::path model = folder_ / ("sd15-" + type);
    if (!fs::exists(model)) {
      const Finished made = run({"weights", "random", "--arch", "sd15", "--seed", "0", "--dtype",
                                 type, "--out", model.string()});
      if (made.status != 0) throw std::runtime_error("cannot make " + model.string());
    }
    return model;
  }
  fs::path scratch(const std::string& name) const { return folder_ / name; }

 private:
  fs::path folder_;
  bool kept_ = false;
};

void picture(benchmark::State& state, const Models& models, const std::string& stored,
             const std::string& kept) {
  const fs::path model = models.sd15(stored), out = models.scratch("out");
  double peak = 0;
  for (auto _ : state) {
    fs::remove_all(out);
    const Finished finished =
        run({"generate", "txt2img", "--model", model.string(), "--prompt", "a photo of an apple",
             "--steps", "2", "--scheduler", "ddim", "--seed", "1", "--size", "512x512",
             "--weights-dtype", kept, "--quiet", "--out", out.string()});
    if (finished.status != 0) return state.SkipWithError("ersatz generate failed");
    peak = std::max(peak, finished.peak_gigabytes);
  }
  fs::remove_all(out);
  state.counters["peak_memory_GB"] = peak;
  state.counters["sd_cpp"] = peak / kStableDiffusionCppGigabytes;
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  const Models models;
  for (const std::string stored : {"fp16", "fp32"}) {
    for (const std::string kept : {"fp16", "fp32"}) {
      benchmark::RegisterBenchmark(("picture/file:" + stored + "/weights:" + kept).c_str(), picture,
                                   std::ref(models), stored, kept)
          ->Iterations(1)
          ->Unit(benchmark::kMillisecond)
          ->UseRealTime();
    }
  }
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
