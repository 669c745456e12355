// Which of several cooperating processes this one is, as its launcher says: torchrun (or whoever
// sets its variables), Open MPI's mpirun, Slurm's srun.
#pragma once

#include <functional>
#include <optional>
#include <string>
namespace ersatz::core {

struct Ranks {
  int rank = 0, size = 1;              // of all processes
  int local_rank = 0, local_size = 1;  // of those on this machine
  std::string host = "127.0.0.1";      // of rank 0
  int port = 0;                        // where rank 0 can be met; 0: nowhere (one process)
  std::string launcher;                // "torchrun", "mpirun", "srun"; empty: none
  // torchrun's agent holds the store at host:port itself.
  bool agent_store = false;
  int attempt = 0;  // times torchrun has started the group again

  bool alone() const { return size == 1; }
};

// Value of an environment variable; nothing when it is not set.
using Environment = std::function<std::optional<std::string>(const std::string&)>;
Environment process_environment();

// Looked for in this order:
//   RANK, WORLD_SIZE, LOCAL_RANK, LOCAL_WORLD_SIZE (the last two: else as if on one machine)
//   OMPI_COMM_WORLD_RANK, _SIZE, _LOCAL_RANK, _LOCAL_SIZE
//   SLURM_PROCID, SLURM_STEP_NUM_TASKS (else SLURM_NTASKS), SLURM_LOCALID, inside a job step
//     (SLURM_STEP_ID; what a batch script starts without srun is one process)
// MASTER_ADDR and MASTER_PORT say where rank 0 is. torchrun sets both; where they are missing,
// mpirun on one machine uses 127.0.0.1, srun the first host of the step's node list, and the port
// is made of the job's number. Error::usage naming the variable when only half of them are set, one
// is no number, or they contradict each other.
Ranks ranks_from_environment(const Environment& environment = process_environment());

// What --shard is for this process: `given`, or of several ranks its own, "rank/size" (Error::usage
// when something else was given, too).
std::string shard_option(const std::string& given, const Ranks& ranks);

}  // namespace ersatz::core
