// Slurm's way of writing down hosts: "node[01-04,7],login1".
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ersatz::core {

// The hosts in their order, numbers with their leading zeros. Names may have several brackets
// ("r[1-2]n[1-2]": the last one counts fastest). Error::usage for what is no such list, or one of
// more than 65,536 hosts.
std::vector<std::string> expand_host_list(std::string_view list);

// Tasks of each node, as SLURM_STEP_TASKS_PER_NODE has them: "2(x3),1" is 2 2 2 1. Error::usage.
std::vector<int> expand_task_counts(std::string_view list);

}  // namespace ersatz::core
