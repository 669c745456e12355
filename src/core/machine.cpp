#include "core/machine.h"

#include <fmt/format.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include "core/error.h"

namespace ersatz::core {
namespace {

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

std::string cpu_field(const std::string& field) {
  std::ifstream file("/proc/cpuinfo");
  std::string line;
  while (std::getline(file, line)) {
    if (line.compare(0, field.size(), field) != 0) continue;
    const std::size_t colon = line.find(':');
    if (colon != std::string::npos && colon + 2 <= line.size()) return line.substr(colon + 2);
  }
  return {};
}

std::string os_name() {
  std::ifstream file("/etc/os-release");
  std::string line, name = "Linux";
  while (std::getline(file, line)) {
    if (line.rfind("PRETTY_NAME=", 0) == 0) {
      name = line.substr(12);
      name.erase(std::remove(name.begin(), name.end(), '"'), name.end());
    }
  }
  utsname kernel{};
  ::uname(&kernel);
  return fmt::format("{}, kernel {}", name, kernel.release);
}

Machine inspect() {
  Machine machine;
  char host[256] = {};
  ::gethostname(host, sizeof host - 1);
  machine.host = host;
  machine.os = os_name();
  machine.cpu_model = cpu_field("model name");
  const std::string flags = " " + cpu_field("flags") + " ";
  const auto has = [&](const char* flag) {
    return flags.find(fmt::format(" {} ", flag)) != std::string::npos;
  };
  machine.avx2 = has("avx2") && has("fma");
  machine.avx512 = has("avx512f") && has("avx512dq") && has("avx512bw") && has("avx512vl");
  cpu_set_t usable;
  CPU_ZERO(&usable);
  std::set<std::string> cores;
  if (::sched_getaffinity(0, sizeof usable, &usable) == 0) {
    machine.logical_cpus = std::max(1, CPU_COUNT(&usable));
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (!CPU_ISSET(cpu, &usable)) continue;
      const std::string topology = fmt::format("/sys/devices/system/cpu/cpu{}/topology/", cpu);
      const std::string core = first_line(topology + "core_id");
      cores.insert(core.empty() ? fmt::format("cpu{}", cpu)
                                : first_line(topology + "physical_package_id") + ":" + core);
    }
  }
  machine.physical_cores = std::max(1, static_cast<int>(cores.size()));
  struct sysinfo memory {};
  if (::sysinfo(&memory) == 0) {
    machine.memory_bytes = static_cast<std::uint64_t>(memory.totalram) * memory.mem_unit;
  }
  return machine;
}

// Field `number` (1 is the pid) of /proc/<pid>/stat; empty when there is no such process.
std::string stat_field(std::int64_t pid, int number) {
  const std::string stat = first_line(fmt::format("/proc/{}/stat", pid));
  // The command name may hold spaces and parentheses: count fields after the last one.
  const std::size_t end = stat.rfind(')');
  if (end == std::string::npos) return {};
  std::istringstream fields(stat.substr(end + 1));
  std::string field;
  for (int i = 3; i <= number; ++i) fields >> field;
  return field;
}

}  // namespace

const Machine& this_machine() {
  static const Machine machine = inspect();
  return machine;
}

int default_threads(int processes) {
  const char* const text = std::getenv("ERSATZ_THREADS");
  if (text == nullptr || *text == '\0') {
    return std::max(1, this_machine().physical_cores / std::max(1, processes));
  }
  int threads = 0;
  const auto [end, problem] = std::from_chars(text, text + std::strlen(text), threads);
  if (problem != std::errc() || *end != '\0' || threads < 1 || threads > 1024) {
    throw Error::usage(fmt::format("ERSATZ_THREADS is '{}'", text), "a number from 1 to 1024");
  }
  return threads;
}

double load_average() {
  double load = 0;
  return ::getloadavg(&load, 1) == 1 ? load : 0;
}

std::uint64_t peak_memory_bytes() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

bool process_runs(std::int64_t pid) {
  const std::string state = stat_field(pid, 3);
  return !state.empty() && state != "Z" && state != "X";
}

std::uint64_t process_start_ticks(std::int64_t pid) {
  return std::strtoull(stat_field(pid, 22).c_str(), nullptr, 10);
}

bool process_alive(std::int64_t pid, std::uint64_t start_ticks) {
  return process_runs(pid) && process_start_ticks(pid) == start_ticks;
}

}  // namespace ersatz::core
