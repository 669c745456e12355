// What machine this is, for provenance, thread counts and diagnosis.
#pragma once

#include <cstdint>
#include <string>

namespace ersatz::core {

struct Machine {
  std::string host;
  std::string os;  // PRETTY_NAME of /etc/os-release and kernel release
  std::string cpu_model;
  int logical_cpus = 1;    // usable by this process (affinity)
  int physical_cores = 1;  // distinct cores among them
  bool avx2 = false;
  bool avx512 = false;  // F, DQ, BW and VL: what OpenBLAS's SkylakeX kernels need
  std::uint64_t memory_bytes = 0;
};

const Machine& this_machine();

// Threads to compute with where no number is asked for: ERSATZ_THREADS (Error::usage unless 1 to
// 1024), else the physical cores, shared by so many processes.
int default_threads(int processes = 1);

// 1-minute load average.
double load_average();
// Peak resident set of this process, bytes.
std::uint64_t peak_memory_bytes();
// User + system CPU seconds of this process.
double cpu_seconds();
// UTC "2026-11-20T13:05:59Z".
std::string utc_now();
// Whether a process with this number runs. One that has ended but was not yet waited for (a zombie)
// does not.
bool process_runs(std::int64_t pid);
// Whether process `pid`, started at `start_ticks` (field 22 of /proc/pid/stat), still runs.
bool process_alive(std::int64_t pid, std::uint64_t start_ticks);
std::uint64_t process_start_ticks(std::int64_t pid);

}  // namespace ersatz::core
