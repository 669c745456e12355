#include "cli/doctor/machine_findings.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "cli/doctor/blas_findings.h"
#include "cli/doctor/find_program.h"
#include "core/error.h"
#include "core/file_system.h"
#include "core/machine.h"
#include "core/progress.h"
#include "core/project.h"

namespace ersatz::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMegabyte = 1'000'000;
constexpr std::uint64_t kMiniNeeds = 500 * kMegabyte;  // runs/ of a mini run, with room to spare
constexpr std::uint64_t kComfortable = 5000 * kMegabyte;

void add_cpu(Findings& findings) {
  const core::Machine& machine = core::this_machine();
  const char* vectors = machine.avx512 ? "AVX-512" : machine.avx2 ? "AVX2" : "no AVX2";
  const std::string text = fmt::format(
      "{}, {} cores, {}, {} memory, load {:.1f}", machine.cpu_model, machine.physical_cores,
      vectors, core::human_bytes(static_cast<double>(machine.memory_bytes)), core::load_average());
  findings.push_back({"CPU", machine.avx2 ? Level::kOk : Level::kNote,
                      machine.avx2 ? text : text + "; training will be slow"});
  findings.push_back({"system", Level::kOk, machine.os});
}

// First line of a program's output, empty when it fails.
std::string first_line_of(const char* command) {
  FILE* pipe = ::popen(command, "r");
  if (pipe == nullptr) return {};
  char line[512] = {};
  const bool read = std::fgets(line, sizeof line, pipe) != nullptr;
  const bool succeeded = ::pclose(pipe) == 0;
  std::string text = read && succeeded ? line : "";
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

void add_gpu(Findings& findings) {
  std::error_code ignored;
  if (find_program("nvidia-smi").empty()) {
    const bool driver = fs::exists("/proc/driver/nvidia/version", ignored);
    findings.push_back(
        {"GPU", driver ? Level::kNote : Level::kOk,
         driver ? "an NVIDIA driver is loaded, but there is no nvidia-smi to ask"
                : "none; everything runs on the CPU (profile paper is meant for a GPU)"});
    return;
  }
  const std::string name = first_line_of(
      "nvidia-smi --query-gpu=name,memory.total,driver_version --format=csv,noheader 2>/dev/null");
  findings.push_back({"GPU", Level::kOk,
                      name.empty() ? "nvidia-smi finds none; everything runs on the CPU"
                                   : name + "; used by builds against a CUDA libtorch (README)"});
}

// Whether files can be made in the folder, or where it would be created.
bool writable(fs::path folder) {
  std::error_code ignored;
  while (!fs::exists(folder, ignored) && folder.has_relative_path()) folder = folder.parent_path();
  return ::access(folder.c_str(), W_OK) == 0;
}

void add_disk(const std::string& name, const fs::path& folder, const char* variable,
              Findings& findings) {
  const std::uint64_t free = core::free_bytes(folder);
  const std::string text =
      fmt::format("{} free for {}", core::human_bytes(static_cast<double>(free)), folder.string());
  if (!writable(folder)) {
    findings.push_back({name, Level::kMissing, folder.string() + " cannot be written",
                        fmt::format("export {}=<a folder that can>", variable)});
  } else if (free < kMiniNeeds) {
    findings.push_back({name, Level::kMissing, text, "ersatz gc"});
  } else if (free < kComfortable) {
    findings.push_back({name, Level::kNote, text, "ersatz gc"});
  } else {
    findings.push_back({name, Level::kOk, text});
  }
}

}  // namespace

void add_machine_findings(Findings& findings) {
  add_cpu(findings);
  add_blas_findings(findings);
  add_gpu(findings);
  const core::Project& project = core::Project::get();
  add_disk("disk for runs", project.runs(), "ERSATZ_RUNS", findings);
  add_disk("disk for results", project.results(), "ERSATZ_RESULTS", findings);
  add_disk("disk for data", project.data_cache(), "ERSATZ_CACHE", findings);
}

}  // namespace ersatz::cli
