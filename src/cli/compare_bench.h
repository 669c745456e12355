// `ersatz compare-bench OLD NEW`: which benchmarks became slower, by more than noise?
#pragma once

#include "cli/command.h"

namespace ersatz::cli {

Command add_compare_bench(CLI::App& program);

}  // namespace ersatz::cli
