#include "core/ranks.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <cstdlib>

#include "core/error.h"
#include "core/host_list.h"

namespace ersatz::core {
namespace {

// Ports that a job's number is mapped to: below those that systems give to clients.
constexpr std::uint64_t kFirstPort = 20000, kPorts = 10000;
constexpr int kMostRanks = 1 << 20;

class Reader {
 public:
  explicit Reader(const Environment& environment) : environment_(environment) {}

  // An empty variable counts as none.
  std::optional<std::string> text(const std::string& name) const {
    auto value = environment_(name);
    if (value && value->empty()) value.reset();
    return value;
  }
  bool has(const std::string& name) const { return text(name).has_value(); }

  int number(const std::string& name, const std::string& value, int least, int most) const {
    int parsed = 0;
    const char* const end = value.data() + value.size();
    const auto result = std::from_chars(value.data(), end, parsed);
    if (result.ec != std::errc() || result.ptr != end || parsed < least || parsed > most) {
      throw Error::usage(
          fmt::format("{}={} is not a number from {} to {}", name, value, least, most));
    }
    return parsed;
  }
  // `because`: the variable that asks for this one.
  int needed(const std::string& name, const std::string& because, int least) const {
    const auto value = text(name);
    if (!value) {
      throw Error::usage(fmt::format("{} is set, but {} is not", because, name),
                         "a launcher sets both; to run one process, unset both");
    }
    return number(name, *value, least, kMostRanks);
  }
  int optional(const std::string& name, int otherwise, int least, int most) const {
    const auto value = text(name);
    return value ? number(name, *value, least, most) : otherwise;
  }

 private:
  const Environment& environment_;
};

std::uint64_t fnv1a(const std::string& text) {
  std::uint64_t hash = 14695981039346656037U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  return hash;
}

int port_of(const std::string& job) { return static_cast<int>(kFirstPort + fnv1a(job) % kPorts); }

struct Names {
  const char *launcher, *rank, *size, *local_rank, *local_size;
};

// The four numbers; LOCAL_* as if all were on one machine when they are not set.
Ranks numbers(const Reader& read, const Names& names) {
  Ranks ranks;
  ranks.launcher = names.launcher;
  if (!read.has(names.rank)) read.needed(names.rank, names.size, 0);
  ranks.size = read.needed(names.size, names.rank, 1);
  ranks.rank = read.needed(names.rank, names.size, 0);
  if (ranks.rank >= ranks.size) {
    throw Error::usage(fmt::format("{}={}, but {}={}: ranks count from 0", names.rank, ranks.rank,
                                   names.size, ranks.size));
  }
  ranks.local_rank = read.optional(names.local_rank, ranks.rank, 0, kMostRanks);
  ranks.local_size = read.optional(names.local_size, ranks.size, 1, kMostRanks);
  if (ranks.local_size > ranks.size) {
    throw Error::usage(fmt::format("{}={}, but {}={}", names.local_size, ranks.local_size,
                                   names.size, ranks.size));
  }
  if (ranks.local_rank >= ranks.local_size) {
    throw Error::usage(fmt::format("{} is {}, but only {} of the ranks are on this machine ({})",
                                   names.local_rank, ranks.local_rank, ranks.local_size,
                                   names.local_size));
  }
  return ranks;
}

// Host and port: what is set, else the launcher's own way, given as the two last arguments.
void set_meeting_point(const Reader& read, Ranks& ranks, const std::string& host, int port) {
  if (ranks.alone()) return;
  ranks.host = read.text("MASTER_ADDR").value_or(host);
  ranks.port = read.optional("MASTER_PORT", port, 1, 65535);
  const bool no_host = ranks.host.empty();
  if (no_host || ranks.port == 0) {
    throw Error::usage(
        fmt::format("{} of {} processes, but {} is not set: where is rank 0?", ranks.launcher,
                    ranks.size, no_host ? "MASTER_ADDR" : "MASTER_PORT"),
        "MASTER_ADDR=<host of rank 0> MASTER_PORT=<a free port there>, the same for all ranks");
  }
}

Ranks of_torchrun(const Reader& read) {
  Ranks ranks = numbers(read, {"torchrun", "RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE"});
  set_meeting_point(read, ranks, "", 0);
  ranks.agent_store = read.text("TORCHELASTIC_USE_AGENT_STORE").value_or("") == "True";
  ranks.attempt = read.optional("TORCHELASTIC_RESTART_COUNT", 0, 0, kMostRanks);
  return ranks;
}

Ranks of_mpirun(const Reader& read) {
  Ranks ranks = numbers(read, {"mpirun", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE",
                               "OMPI_COMM_WORLD_LOCAL_RANK", "OMPI_COMM_WORLD_LOCAL_SIZE"});
  const bool one_machine = ranks.local_size == ranks.size;
  // Of the job, the same in all its processes.
  std::optional<std::string> job = read.text("PMIX_NAMESPACE");
  if (!job) job = read.text("OMPI_MCA_ess_base_jobid");
  set_meeting_point(read, ranks, one_machine ? "127.0.0.1" : "",
                    job ? port_of("mpirun " + *job) : 0);
  return ranks;
}

Ranks of_srun(const Reader& read) {
  const char* const size =
      read.has("SLURM_STEP_NUM_TASKS") ? "SLURM_STEP_NUM_TASKS" : "SLURM_NTASKS";
  Ranks ranks = numbers(read, {"srun", "SLURM_PROCID", size, "SLURM_LOCALID", ""});
  const char* const list =
      read.has("SLURM_STEP_NODELIST") ? "SLURM_STEP_NODELIST" : "SLURM_JOB_NODELIST";
  std::string first;
  if (const auto nodes = read.text(list)) {
    const std::vector<std::string> hosts = expand_host_list(*nodes);
    first = hosts.size() == 1 ? "127.0.0.1" : hosts.front();
  }
  std::optional<std::string> job = read.text("SLURM_JOB_ID");
  const std::string step = read.text("SLURM_STEP_ID").value_or("");
  set_meeting_point(read, ranks, first, job ? port_of("srun " + *job + "." + step) : 0);
  if (const auto tasks = read.text("SLURM_STEP_TASKS_PER_NODE")) {
    const std::vector<int> counts = expand_task_counts(*tasks);
    const int last = static_cast<int>(counts.size()) - 1;
    const int node = read.optional("SLURM_NODEID", 0, 0, last);
    ranks.local_size = counts[static_cast<std::size_t>(node)];
  }
  if (ranks.local_rank >= ranks.local_size) {
    throw Error::usage(
        fmt::format("SLURM_LOCALID={}, but SLURM_STEP_TASKS_PER_NODE gives this node {}",
                    ranks.local_rank, ranks.local_size));
  }
  return ranks;
}

}  // namespace

Environment process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* const value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    return value;
  };
}

Ranks ranks_from_environment(const Environment& environment) {
  const Reader read(environment);
  if (read.has("RANK") || read.has("WORLD_SIZE")) return of_torchrun(read);
  if (read.has("OMPI_COMM_WORLD_RANK") || read.has("OMPI_COMM_WORLD_SIZE")) return of_mpirun(read);
  if (read.has("SLURM_STEP_ID") && read.has("SLURM_PROCID")) return of_srun(read);
  return {};
}

std::string shard_option(const std::string& given, const Ranks& ranks) {
  if (ranks.alone()) return given;
  if (!given.empty()) {
    throw Error::usage(fmt::format("--shard {} for one of {} processes that {} started", given,
                                   ranks.size, ranks.launcher),
                       "leave out --shard: each process takes its part by itself");
  }
  return fmt::format("{}/{}", ranks.rank, ranks.size);
}

}  // namespace ersatz::core
