// Which rank this process is, from what launchers set.
#include "core/ranks.h"

#include <gmock/gmock.h>

#include <map>

#include "core/host_list.h"
#include "support/test_support.h"

namespace ersatz::core {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;
using Variables = std::map<std::string, std::string>;

Ranks read(const Variables& variables) {
  return ranks_from_environment([&](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  });
}

Variables with(Variables variables, const Variables& more) {
  for (const auto& [name, value] : more) variables[name] = value;
  return variables;
}

const Variables kTorchrun = {{"RANK", "3"},
                             {"WORLD_SIZE", "4"},
                             {"LOCAL_RANK", "1"},
                             {"LOCAL_WORLD_SIZE", "2"},
                             {"MASTER_ADDR", "node7"},
                             {"MASTER_PORT", "29511"}};
const Variables kMpirun = {{"OMPI_COMM_WORLD_RANK", "1"},
                           {"OMPI_COMM_WORLD_SIZE", "2"},
                           {"OMPI_COMM_WORLD_LOCAL_RANK", "1"},
                           {"OMPI_COMM_WORLD_LOCAL_SIZE", "2"},
                           {"PMIX_NAMESPACE", "3011969025"}};
const Variables kSrun = {{"SLURM_PROCID", "4"},
                         {"SLURM_NTASKS", "9"},
                         {"SLURM_STEP_NUM_TASKS", "5"},
                         {"SLURM_LOCALID", "0"},
                         {"SLURM_NODEID", "2"},
                         {"SLURM_STEP_ID", "0"},
                         {"SLURM_JOB_ID", "1234"},
                         {"SLURM_STEP_TASKS_PER_NODE", "2(x2),1"},
                         {"SLURM_STEP_NODELIST", "gpu[08-10]"}};

TEST(Ranks, NothingSetIsOneProcess) {
  const Ranks ranks = read({});
  EXPECT_TRUE(ranks.alone());
  EXPECT_EQ(ranks.rank, 0);
  EXPECT_TRUE(ranks.launcher.empty());
  EXPECT_TRUE(read({{"RANK", ""}, {"WORLD_SIZE", ""}}).alone()) << "empty is as good as not set";
  EXPECT_TRUE(read({{"RANK", "0"}, {"WORLD_SIZE", "1"}}).alone()) << "needs no meeting point";
}

TEST(Ranks, Torchrun) {
  const Ranks ranks = read(kTorchrun);
  EXPECT_EQ(ranks.rank, 3);
  EXPECT_EQ(ranks.size, 4);
  EXPECT_EQ(ranks.local_rank, 1);
  EXPECT_EQ(ranks.local_size, 2);
  EXPECT_EQ(ranks.host, "node7");
  EXPECT_EQ(ranks.port, 29511);
  EXPECT_EQ(ranks.launcher, "torchrun");
  EXPECT_FALSE(ranks.agent_store);
  const Ranks again = read(with(
      kTorchrun, {{"TORCHELASTIC_USE_AGENT_STORE", "True"}, {"TORCHELASTIC_RESTART_COUNT", "2"}}));
  EXPECT_TRUE(again.agent_store);
  EXPECT_EQ(again.attempt, 2);
  // Without the local ones: as if on one machine.
  const Ranks bare =
      read({{"RANK", "1"}, {"WORLD_SIZE", "2"}, {"MASTER_ADDR", "::1"}, {"MASTER_PORT", "1"}});
  EXPECT_EQ(bare.local_rank, 1);
  EXPECT_EQ(bare.local_size, 2);
}

TEST(Ranks, Mpirun) {
  const Ranks ranks = read(kMpirun);
  EXPECT_EQ(ranks.rank, 1);
  EXPECT_EQ(ranks.size, 2);
  EXPECT_EQ(ranks.launcher, "mpirun");
  EXPECT_EQ(ranks.host, "127.0.0.1");
  EXPECT_GE(ranks.port, 1024);
  Variables other = kMpirun;
  other["OMPI_COMM_WORLD_RANK"] = "0";
  other["OMPI_COMM_WORLD_LOCAL_RANK"] = "0";
  EXPECT_EQ(read(other).port, ranks.port) << "all ranks of a job meet";
  other["PMIX_NAMESPACE"] = "3011969026";
  EXPECT_NE(read(other).port, ranks.port) << "another job meets elsewhere";
  const Variables two_machines =
      with(kMpirun, {{"OMPI_COMM_WORLD_LOCAL_SIZE", "1"}, {"OMPI_COMM_WORLD_LOCAL_RANK", "0"}});
  EXPECT_ERSATZ_ERROR(read(two_machines), ExitCode::kUsage, "MASTER_ADDR");
  EXPECT_EQ(read(with(two_machines, {{"MASTER_ADDR", "head"}})).host, "head");
}

TEST(Ranks, Srun) {
  const Ranks ranks = read(kSrun);
  EXPECT_EQ(ranks.rank, 4);
  EXPECT_EQ(ranks.size, 5) << "of the step, not of the job";
  EXPECT_EQ(ranks.local_rank, 0);
  EXPECT_EQ(ranks.local_size, 1) << "the third node has one";
  EXPECT_EQ(ranks.launcher, "srun");
  EXPECT_EQ(ranks.host, "gpu08");
  EXPECT_EQ(read(with(kSrun, {{"SLURM_STEP_NODELIST", "gpu08"}})).host, "127.0.0.1");
  EXPECT_NE(read(with(kSrun, {{"SLURM_STEP_ID", "1"}})).port, ranks.port);
  const Ranks named = read(with(kSrun, {{"MASTER_ADDR", "10.0.0.1"}, {"MASTER_PORT", "4000"}}));
  EXPECT_EQ(named.host, "10.0.0.1");
  EXPECT_EQ(named.port, 4000);
  Variables job = kSrun;
  job.erase("SLURM_STEP_NUM_TASKS");
  EXPECT_EQ(read(job).size, 9);
  job.erase("SLURM_STEP_NODELIST");
  job["SLURM_JOB_NODELIST"] = "a1,b[2-3]";
  EXPECT_EQ(read(job).host, "a1");
  job.erase("SLURM_STEP_ID");
  EXPECT_TRUE(read(job).alone()) << "a batch script starts one process";
}

TEST(Ranks, TorchrunGoesBeforeSlurm) {
  EXPECT_EQ(read(with(kSrun, kTorchrun)).launcher, "torchrun");
}

struct Mistake {
  Variables variables;
  std::string message;
};

TEST(Ranks, HalfSetOrContradictoryIsToldByName) {
  const auto without = [](Variables variables, const std::string& name) {
    variables.erase(name);
    return variables;
  };
  const std::vector<Mistake> mistakes = {
      {without(kTorchrun, "RANK"), "WORLD_SIZE is set, but RANK is not"},
      {without(kTorchrun, "WORLD_SIZE"), "RANK is set, but WORLD_SIZE is not"},
      {without(kTorchrun, "MASTER_ADDR"), "MASTER_ADDR is not set"},
      {without(kTorchrun, "MASTER_PORT"), "MASTER_PORT is not set"},
      {with(kTorchrun, {{"RANK", "4"}}), "RANK=4, but WORLD_SIZE=4"},
      {with(kTorchrun, {{"RANK", "-1"}}), "RANK=-1 is not a number"},
      {with(kTorchrun, {{"RANK", "1x"}}), "RANK=1x is not a number"},
      {with(kTorchrun, {{"WORLD_SIZE", "0"}}), "WORLD_SIZE=0 is not a number from 1"},
      {with(kTorchrun, {{"MASTER_PORT", "65536"}}), "MASTER_PORT=65536"},
      {with(kTorchrun, {{"LOCAL_RANK", "2"}}), "LOCAL_RANK is 2, but only 2"},
      {with(kTorchrun, {{"LOCAL_WORLD_SIZE", "5"}}), "LOCAL_WORLD_SIZE=5, but WORLD_SIZE=4"},
      {without(kMpirun, "OMPI_COMM_WORLD_SIZE"), "OMPI_COMM_WORLD_SIZE is not"},
      {without(kMpirun, "PMIX_NAMESPACE"), "MASTER_PORT is not set"},
      {without(without(kSrun, "SLURM_STEP_NUM_TASKS"), "SLURM_NTASKS"), "SLURM_NTASKS is not"},
      {without(kSrun, "SLURM_STEP_NODELIST"), "MASTER_ADDR is not set"},
      {with(kSrun, {{"SLURM_PROCID", "5"}}), "SLURM_PROCID=5, but SLURM_STEP_NUM_TASKS=5"},
      {with(kSrun, {{"SLURM_NODEID", "3"}}), "SLURM_NODEID=3"},
      {with(kSrun, {{"SLURM_LOCALID", "1"}}), "SLURM_LOCALID=1"},
      {with(kSrun, {{"SLURM_STEP_NODELIST", "gpu[08"}}), "is no list of hosts"},
  };
  for (const Mistake& mistake : mistakes) {
    EXPECT_ERSATZ_ERROR(read(mistake.variables), ExitCode::kUsage, mistake.message);
  }
}

TEST(Ranks, TheShardOfARank) {
  EXPECT_EQ(shard_option("1/3", {}), "1/3");
  EXPECT_EQ(shard_option("", {}), "");
  EXPECT_EQ(shard_option("", read(kTorchrun)), "3/4");
  EXPECT_ERSATZ_ERROR(shard_option("0/2", read(kTorchrun)), ExitCode::kUsage, "--shard 0/2");
}

TEST(HostList, Expands) {
  EXPECT_THAT(expand_host_list("login"), ElementsAre("login"));
  EXPECT_THAT(expand_host_list("a,b-2,c.d"), ElementsAre("a", "b-2", "c.d"));
  EXPECT_THAT(expand_host_list("n[08-11,3],x[1]y"),
              ElementsAre("n08", "n09", "n10", "n11", "n3", "x1y"));
  EXPECT_THAT(expand_host_list("r[1-2]n[1-2]"), ElementsAre("r1n1", "r1n2", "r2n1", "r2n2"));
  EXPECT_THAT(expand_host_list("n[0-65535]"), SizeIs(65536));
  EXPECT_THAT(expand_task_counts("2(x3),1"), ElementsAre(2, 2, 2, 1));
  EXPECT_THAT(expand_task_counts("4"), ElementsAre(4));
}

TEST(HostList, RefusesWhatIsNone) {
  for (const char* list : {"", ",", "a,", "n[1", "n1]", "n[]", "n[a]", "n[2-1]", "n[1--2]",
                           "n[0-65536]", "n[0-999]m[0-999]", "n[1-2-3]"}) {
    EXPECT_ERSATZ_ERROR(expand_host_list(list), ExitCode::kUsage, "no list of hosts");
  }
  for (const char* list : {"", "0", "2(x0)", "2(x", "x2", "1,,2", "2(x99999999)", "(x2)"}) {
    EXPECT_ERSATZ_ERROR(expand_task_counts(list), ExitCode::kUsage, "no list of hosts");
  }
}

}  // namespace
}  // namespace ersatz::core
