#include "models/pretrained.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "compute/torch_shim.h"
#include "core/affix.h"
#include "core/error.h"
#include "models/weights/weights.h"

namespace ersatz::models {

namespace {

std::string shape_text(at::IntArrayRef sizes) {
  return fmt::format("[{}]", fmt::join(sizes, ", "));
}

}  // namespace

PretrainedReport load_pretrained(ImageClassifier& network, const std::filesystem::path& path) {
  const torch::NoGradGuard no_grad;
  const Weights weights = open_weights(path);
  const std::vector<std::string> head = network.head_parameters();
  const auto in_head = [&](const std::string& name) {
    return std::find(head.begin(), head.end(), name) != head.end();
  };
  NamedTensors live;
  const auto add = [&](const std::string& name, const torch::Tensor& tensor) {
    live.emplace(name, tensor);
  };
  compute::for_each_parameter(network, add);
  compute::for_each_buffer(network, add);

  PretrainedReport report;
  std::vector<std::string> problems;
  std::vector<std::pair<torch::Tensor, torch::Tensor>> copies;
  for (const auto& [name, target] : live) {
    const auto found = weights.tensors.find(name);
    const bool absent = found == weights.tensors.end();
    if (!absent && found->second.sizes() == target.sizes()) {
      copies.emplace_back(target, found->second);
    } else if (in_head(name)) {
      report.replaced_head.push_back(name);
    } else if (!absent) {
      problems.push_back(fmt::format("{} is {}, not {}", name, shape_text(found->second.sizes()),
                                     shape_text(target.sizes())));
    } else if (!core::ends_with(name, "num_batches_tracked")) {
      problems.push_back(name + " is not there");
    }
  }
  for (const auto& [name, tensor] : weights.tensors) {
    if (live.count(name) == 0) problems.push_back(name + " has no place in this network");
  }
  // A layer is replaced as a whole: old biases mean nothing beside new weights.
  if (!report.replaced_head.empty() && report.replaced_head.size() != head.size()) {
    problems.push_back("the last layer fits only in part");
  }
  if (!problems.empty()) {
    throw core::Error::untrusted(
        path, fmt::format("does not fit the network:\n    {}", fmt::join(problems, "\n    ")));
  }
  for (auto& [target, source] : copies) target.copy_(source);
  report.loaded = static_cast<std::int64_t>(copies.size());
  return report;
}

}  // namespace ersatz::models
