#include "models/diffusion/parameter_match.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/nn/module.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <map>
#include <unordered_map>
#include <utility>

#include "compute/torch_shim.h"
#include "core/error.h"
#include "models/diffusion/finite.h"

namespace ersatz::models {

using core::Error;

namespace {

std::string shape_text(const torch::Tensor& tensor) {
  return fmt::format("[{}]", fmt::join(tensor.sizes().vec(), ", "));
}

// "3 missing: 'a', 'b', 'c'"
template <typename Names>
void append_names(std::string& text, const char* what, const Names& names) {
  if (names.empty()) return;
  constexpr std::size_t kShown = 10;
  text += fmt::format("{}{} {}: ", text.empty() ? "" : "; ", names.size(), what);
  std::size_t shown = 0;
  for (const std::string& name : names) {
    if (shown == kShown) break;
    text += fmt::format("{}{}", shown++ == 0 ? "" : ", ", name);
  }
  if (names.size() > kShown) text += fmt::format(" and {} more", names.size() - kShown);
}

void require_finite(const torch::Tensor& stored, c10::ScalarType type, const std::string& key,
                    const std::filesystem::path& file) {
  if (!stored.device().is_cpu() || all_finite_as(stored, type)) return;
  const char* what = all_finite(stored)
                         ? "values in the type it is to be kept in: choose a larger type"
                         : "values";
  throw Error::untrusted(file, fmt::format("tensor '{}' has NaN or infinite {}", key, what));
}

}  // namespace

ParameterMatch::ParameterMatch(const Weights& weights) : weights_(weights) {
  for (const auto& [key, tensor] : weights.tensors) left_.insert(left_.end(), key);
}

void ParameterMatch::add(StoredNetwork& network, const KeyMap& keys) {
  std::unordered_map<std::string, torch::Tensor> parameters;
  compute::for_each_parameter(network, [&](const std::string& name, const torch::Tensor& tensor) {
    parameters.emplace(name, tensor);
  });
  for (const KeyPair& pair : keys) {
    const torch::Tensor& parameter = parameters.at(pair.parameter);
    const auto found = weights_.tensors.find(pair.key);
    if (found == weights_.tensors.end()) {
      missing_.push_back("'" + pair.key + "'");
      continue;
    }
    left_.erase(pair.key);
    const torch::Tensor stored = take_form(found->second, pair.form, parameter.sizes().vec());
    if (stored.sizes() != parameter.sizes() || !stored.is_floating_point()) {
      misshapen_.push_back(
          fmt::format("'{}' {}{} instead of {}", pair.key, shape_text(found->second),
                      stored.is_floating_point() ? "" : " of integers", shape_text(parameter)));
      continue;
    }
    assignments_.push_back({&network, pair.key, parameter, stored});
  }
}

void ParameterMatch::check() const {
  std::string text;
  append_names(text, "missing", missing_);
  append_names(text, "of another shape", misshapen_);
  std::vector<std::string> unexpected;
  for (const std::string& key : left_) unexpected.push_back("'" + key + "'");
  append_names(text, "not part of the network", unexpected);
  if (!text.empty()) {
    throw Error::untrusted(weights_.file, "the tensors are not those of the network: " + text);
  }
}

void ParameterMatch::fill(const WeightPlacement& weights, const WeightPlacement& norms) {
  const torch::NoGradGuard no_grad;
  std::map<StoredNetwork*, std::vector<StoredWeight>> in_file;
  for (Assignment& assignment : assignments_) {
    const torch::Tensor& stored = assignment.stored;
    const WeightPlacement& placement = stored.dim() > 1 ? weights : norms;
    const c10::ScalarType type = placement.as_stored ? stored.scalar_type() : placement.type;
    require_finite(stored, type, assignment.key, weights_.file);
    const bool on_demand = placement.on_demand && is_file_view(stored);
    const torch::Tensor placed = on_demand ? stored : place_weight(stored, placement);
    assignment.parameter.set_data(placed);
    if (!placed.is_alias_of(stored) || !is_file_view(stored)) continue;
    in_file[assignment.network].push_back({assignment.parameter, stored, type});
    forget_pages(stored);  // they were only looked at
  }
  for (auto& [network, parameters] : in_file) {
    network->keep_in_file(std::move(parameters));
    network->set_aside();  // each look also brought in the beginning of the next weight
  }
  assignments_.clear();
}

std::vector<std::string> parameter_names(const torch::nn::Module& module) {
  std::vector<std::string> names;
  compute::for_each_parameter(
      module, [&](const std::string& name, const torch::Tensor&) { names.push_back(name); });
  return names;
}

}  // namespace ersatz::models
