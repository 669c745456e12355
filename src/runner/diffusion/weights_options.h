// The options of `ersatz weights` and of `ersatz-diffusion weights`: one definition for both.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace ersatz::runner {

enum class WeightsAction { kNone, kInspect, kVerify, kConvert, kRandom };

struct WeightsOptions {
  WeightsAction action = WeightsAction::kNone;
  std::string path;  // inspect, verify, convert: what is read
  std::string variant, prediction, tokenizer, configuration;
  std::string out, layout = "diffusers", dtype;
  std::string architecture;
  std::uint64_t seed = 0;
  bool tensors = false, json = false;
};

// Adds the sub-command `weights` with its own sub-commands to `program`, bound to `options`, which
// must outlive the parse.
CLI::App* add_weights_options(CLI::App& program, WeightsOptions& options);

// Error::usage for values that no choice is named by and for an --out that would replace something,
// Error::missing for a file that is not there.
void check_weights(const WeightsOptions& options);

const std::vector<std::string>& weight_layouts();        // diffusers, single-file
const std::vector<std::string>& random_architectures();  // models::architecture_names()

}  // namespace ersatz::runner
