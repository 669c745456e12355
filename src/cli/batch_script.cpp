#include "cli/batch_script.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <regex>

#include "core/error.h"

namespace ersatz::cli {
namespace {

using core::Error;

bool is_plain(const std::string& text, std::string_view also) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           also.find(c) != std::string_view::npos;
  });
}

// One #SBATCH line, nothing for an empty value.
std::string directive(const char* option, const std::string& value,
                      std::string_view also = "_-.,") {
  if (value.empty()) return {};
  if (!is_plain(value, also)) {
    throw Error::usage(
        fmt::format("--{} {}: sbatch would not read this as one value", option, value),
        fmt::format("letters, digits and {}", also));
  }
  return fmt::format("#SBATCH --{}={}\n", option, value);
}

std::string directive(const char* option, std::int64_t value) {
  return value > 0 ? fmt::format("#SBATCH --{}={}\n", option, value) : std::string();
}

// "minutes[:seconds]", "hours:minutes:seconds", "days-hours[:minutes[:seconds]]".
void check_time(const std::string& time) {
  static const std::regex kForms(R"(\d+(:\d+){0,2}|\d+-\d+(:\d+){0,2})");
  if (!time.empty() && !std::regex_match(time, kForms)) {
    throw Error::usage(fmt::format("--time {} is no time limit of Slurm's", time),
                       "90 (minutes), 1:30:00 or 2-12:00:00");
  }
}

void check_memory(const std::string& memory) {
  static const std::regex kForms("\\d+[KMGT]?");
  if (!memory.empty() && !std::regex_match(memory, kForms)) {
    throw Error::usage(fmt::format("--memory {} is no amount of Slurm's", memory),
                       "16G or 4000M, per node");
  }
}

std::string header(const BatchJob& job) {
  check_time(job.time);
  check_memory(job.memory);
  const bool array = job.commands.size() > 1;
  std::string text = "#!/bin/bash\n";
  text += directive("job-name", job.name);
  text +=
      directive("output", job.output.empty() ? (array ? "%x-%A_%a.log" : "%x-%j.log") : job.output,
                "_-.,/%+=@");
  if (array) {
    text += fmt::format("#SBATCH --array=0-{}{}\n", job.commands.size() - 1,
                        job.throttle > 0 ? fmt::format("%{}", job.throttle) : "");
  }
  text += directive("partition", job.partition);
  text += directive("account", job.account);
  text += directive("time", job.time, ":-");
  text += directive("nodes", job.nodes);
  text += directive("ntasks", job.tasks);
  text += directive("cpus-per-task", job.cpus);
  // All GPUs of a node are seen by all its tasks: each takes the one of its number.
  text += directive("gpus", job.gpus * job.tasks);
  text += directive("mem", job.memory);
  // To the steps, which leave a state that the same command continues.
  if (!job.time.empty() && job.stop_before > 0) {
    text += fmt::format("#SBATCH --signal=INT@{}\n", job.stop_before);
  }
  return text;
}

std::string words_line(const std::vector<std::string>& words) {
  std::string line = "words=(";
  for (std::size_t i = 0; i < words.size(); ++i)
    line += (i > 0 ? " " : "") + shell_quoted(words[i]);
  return line + ")";
}

}  // namespace

std::string shell_quoted(const std::string& word) {
  if (word.find('\0') != std::string::npos) throw Error::usage("an argument holds a NUL byte");
  if (!word.empty() && is_plain(word, "_-.,/:=+@%")) return word;
  std::string quoted = "'";
  for (const char c : word) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

std::string batch_script(const BatchJob& job) {
  if (job.commands.empty()) throw Error::internal("a batch script without commands");
  std::string text = header(job);
  // Arguments stand in single quotes whatever is in them.
  text += "# shellcheck disable=SC1003,SC2016\nset -euo pipefail\n\n";
  for (const auto& [name, value] : job.environment) {
    text += fmt::format("export {}={}\n", name, shell_quoted(value));
  }
  if (job.commands.size() == 1) {
    text += words_line(job.commands.front()) + "\n";
  } else {
    text += "case \"${SLURM_ARRAY_TASK_ID:?this is an array job: start it with sbatch}\" in\n";
    for (std::size_t i = 0; i < job.commands.size(); ++i) {
      text += fmt::format("  {}) {} ;;\n", i, words_line(job.commands[i]));
    }
    text += "  *) echo \"no element $SLURM_ARRAY_TASK_ID\" >&2; exit 2 ;;\nesac\n";
  }
  text += fmt::format("exec srun --ntasks={}", job.tasks);
  // Since Slurm 22.05 srun does not take it from sbatch: each task would have one core.
  if (job.cpus > 0) text += fmt::format(" --cpus-per-task={}", job.cpus);
  text += fmt::format(" {} \"${{words[@]}}\"\n", shell_quoted(job.program));
  return text;
}

}  // namespace ersatz::cli
