#include "runner/diffusion/named_choices.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "core/error.h"
#include "core/json.h"
#include "core/suggest.h"
#include "generate/diffusion/schedulers/scheduler_config.h"

namespace ersatz::runner {
std::size_t choice(const std::string& what, const std::string& name,
                   const std::vector<std::string>& known) {
  const auto found = std::find(known.begin(), known.end(), name);
  if (found == known.end()) throw core::unknown_name(what, name, known);
  return static_cast<std::size_t>(found - known.begin());
}

const std::vector<std::string>& number_type_names() {
  static const std::vector<std::string> names = {"auto", "fp32", "fp16", "bf16"};
  return names;
}

void require_device_name(const std::string& name) {
  constexpr const char* kPrefix = "cuda:";
  const bool numbered = name.rfind(kPrefix, 0) == 0 && name.size() > 5 && name.size() < 9 &&
                        name.find_first_not_of("0123456789", 5) == std::string::npos;
  if (name != "auto" && name != "cpu" && name != "cuda" && !numbered) {
    throw core::Error::usage(fmt::format("unknown device '{}'", name),
                             "use one of: auto, cpu, cuda, cuda:N");
  }
}

bool is_scheduler_file(const std::string& name) {
  return std::filesystem::path(name).extension() == ".json";
}

void require_scheduler(const std::string& name) {
  if (name.empty()) return;
  if (is_scheduler_file(name)) {
    generate::parse_scheduler_config(core::read_python_json(name), name);
    return;
  }
  const std::vector<std::string>& known = generate::solver_names();
  if (std::find(known.begin(), known.end(), name) == known.end()) {
    throw core::unknown_name("scheduler", name, known);
  }
}

}  // namespace ersatz::runner
