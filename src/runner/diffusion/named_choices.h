// Words of the command line that stand for a choice, checked without libtorch.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace ersatz::runner {

// The place of `name` among `known`. Error::usage, with a "did you mean", when it is none of them.
std::size_t choice(const std::string& what, const std::string& name,
                   const std::vector<std::string>& known);

const std::vector<std::string>& number_type_names();  // auto, fp32, fp16, bf16

// Error::usage unless it is auto, cpu, cuda or cuda:N. Whether it exists is another question.
void require_device_name(const std::string& name);

// `name` of --scheduler: empty, a solver's name, or a scheduler_config.json. Error::usage for an
// unknown name, Error::missing or Error::untrusted for the file.
void require_scheduler(const std::string& name);
bool is_scheduler_file(const std::string& name);

}  // namespace ersatz::runner
