// parse_scheduler_config: scheduler_config.json, checked.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <limits>
#include <utility>

#include "core/error.h"
#include "core/suggest.h"
#include "generate/diffusion/schedulers/scheduler_config.h"
#include "generate/diffusion/schedulers/scheduler_config_fields.h"

namespace ersatz::generate {
namespace {

using core::Error;
using core::Json;

// Reads one value into the field of its type; the message of every refusal names key and value.
class Reader {
 public:
  Reader(const Json& config, const std::filesystem::path& file) : config_(config), file_(file) {}

  void operator()(const char* key, std::int64_t& field) const {
    const Json& value = config_.at(key);
    if (!value.is_number_integer()) refuse(key, "a whole number");
    if (value.is_number_unsigned() &&
        value.get<std::uint64_t>() > std::uint64_t{std::numeric_limits<std::int32_t>::max()}) {
      refuse(key, "a smaller number");
    }
    field = value.get<std::int64_t>();
  }
  void operator()(const char* key, double& field) const {
    if (!config_.at(key).is_number()) refuse(key, "a number");
    field = config_.at(key).get<double>();
    if (!std::isfinite(field)) refuse(key, "a finite number");
  }
  void operator()(const char* key, bool& field) const {
    if (!config_.at(key).is_boolean()) refuse(key, "true or false");
    field = config_.at(key).get<bool>();
  }
  void operator()(const char* key, std::string& field) const {
    if (!config_.at(key).is_string()) refuse(key, "a string");
    field = config_.at(key).get<std::string>();
  }
  void operator()(const char* key, BetaSchedule& field) const {
    choose(key, field,
           {{"linear", BetaSchedule::kLinear},
            {"scaled_linear", BetaSchedule::kScaledLinear},
            {"squaredcos_cap_v2", BetaSchedule::kSquaredCosine}});
  }
  void operator()(const char* key, TimestepSpacing& field) const {
    choose(key, field,
           {{"leading", TimestepSpacing::kLeading},
            {"linspace", TimestepSpacing::kLinspace},
            {"trailing", TimestepSpacing::kTrailing}});
  }
  void operator()(const char* key, Prediction& field) const {
    choose(key, field,
           {{"epsilon", Prediction::kEpsilon},
            {"v_prediction", Prediction::kVelocity},
            {"sample", Prediction::kSample}});
  }

 private:
  template <typename Enum>
  void choose(const char* key, Enum& field,
              std::initializer_list<std::pair<const char*, Enum>> choices) const {
    std::string text;
    (*this)(key, text);
    std::vector<std::string> names;
    for (const auto& [name, value] : choices) {
      if (text == name) {
        field = value;
        return;
      }
      names.emplace_back(name);
    }
    const std::string nearest = core::nearest_name(text, names);
    throw Error::untrusted(
        file_, fmt::format("'{}' is '{}', which is none of {}", key, text, fmt::join(names, ", ")))
        .with_hint(nearest.empty() ? std::string() : fmt::format("did you mean '{}'?", nearest));
  }

  [[noreturn]] void refuse(const char* key, const char* expected) const {
    throw Error::untrusted(
        file_, fmt::format("'{}' must be {}, not {}", key, expected, config_.at(key).dump()));
  }

  const Json& config_;
  const std::filesystem::path& file_;
};

// Keys that we know only as switched off, and the value that means "off" (besides null).
const std::pair<const char*, Json> kSwitchedOff[] = {
    {"trained_betas", nullptr},           {"thresholding", false}, {"predict_x0", true},
    {"disable_corrector", Json::array()}, {"solver_p", nullptr},   {"timestep_type", "discrete"},
    {"interpolation_type", "linear"},
};

// Keys that matter only beside one that is switched off.
bool has_no_effect(const std::string& key) {
  return key.rfind('_', 0) == 0 || key == "sample_max_value" || key == "dynamic_thresholding_ratio";
}

// Newer versions of diffusers let samplers end at a noise level of zero ("zero") or at that of
// timestep 0 ("sigma_min"); the version we reproduce had one choice for each solver.
bool is_our_final_sigma(const Json& value, Solver solver) {
  const bool at_smallest = solver == Solver::kDpmSolverMultistep || solver == Solver::kUniPc;
  return value == (at_smallest ? "sigma_min" : "zero");
}

bool is_switched_off(const std::string& key, const Json& value, Solver solver) {
  if (value.is_null() || has_no_effect(key)) return true;
  if (key == "final_sigmas_type") return is_our_final_sigma(value, solver);
  if (key == "lambda_min_clipped") {  // minus infinity, which JSON proper cannot say
    return value == "-Infinity" ||
           (value.is_number() && std::isinf(value.get<double>()) && value.get<double>() < 0);
  }
  for (const auto& [known, off] : kSwitchedOff) {
    if (key == known) return value == off;
  }
  return value == false;  // something newer, but not used
}

Solver parse_class(const Json& config, const std::filesystem::path& file) {
  if (!config.is_object()) throw Error::untrusted(file, "a scheduler's settings must be an object");
  const auto found = config.find("_class_name");
  if (found == config.end() || !found->is_string()) {
    throw Error::untrusted(file, "no '_class_name' says which scheduler this is");
  }
  const std::string name = found->get<std::string>();
  std::vector<std::string> known;
  for (const Solver solver : all_solvers()) {
    if (name == diffusers_class(solver)) return solver;
    known.emplace_back(diffusers_class(solver));
  }
  const std::string nearest = core::nearest_name(name, known);
  throw Error::untrusted(file, fmt::format("unknown scheduler '{}'", name))
      .with_hint(nearest.empty() ? fmt::format("known are {}", fmt::join(known, ", "))
                                 : fmt::format("did you mean '{}'?", nearest));
}

}  // namespace

SchedulerConfig parse_scheduler_config(const Json& config, const std::filesystem::path& file) {
  const Solver solver = parse_class(config, file);
  SchedulerConfig result = solver_defaults(solver);
  const Reader read(config, file);
  std::set<std::string> known;
  visit_fields(result, result, [&](const char* key, auto& field, const auto&) {
    known.insert(key);
    // DPM-Solver files carry "variance_type": null.
    if (config.contains(key) && !config.at(key).is_null()) {
      read(key, field);
    } else {
      result.defaulted.insert(key);
    }
  });
  for (const auto& [key, value] : config.items()) {
    if (solver == Solver::kEuler && key == "interpolation_type" && value == "log_linear") {
      result.log_linear_sigmas = true;
    } else if (known.count(key) == 0 && !is_switched_off(key, value, solver)) {
      throw Error::untrusted(file, fmt::format("'{}' is {}, a setting of {} that is not supported",
                                               key, value.dump(), diffusers_class(solver)));
    }
  }
  // Written by diffusers beside the values themselves: those that nobody had asked for.
  if (const auto used = config.find("_use_default_values");
      used != config.end() && used->is_array()) {
    for (const Json& key : *used) {
      if (key.is_string() && known.count(key.get<std::string>()) > 0) {
        result.defaulted.insert(key.get<std::string>());
      }
    }
  }
  settle_solver_type(result);
  try {
    check(result);
  } catch (const Error& error) {
    throw Error::untrusted(file, error.what()).with_hint(error.hint());
  }
  return result;
}

}  // namespace ersatz::generate
