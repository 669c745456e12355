#include "models/module_state.h"

#include <fmt/format.h>

#include <iterator>

#include "compute/torch_shim.h"
#include "core/error.h"

namespace ersatz::models {

namespace {

// The module's own tensors by name; copying into them changes the module.
NamedTensors live_tensors(const torch::nn::Module& module, const std::string& prefix) {
  NamedTensors live;
  const auto add = [&](const std::string& name, const torch::Tensor& tensor) {
    live.emplace(prefix + name, tensor);
  };
  compute::for_each_parameter(module, add);
  compute::for_each_buffer(module, add);
  return live;
}

}  // namespace

NamedTensors module_state(const torch::nn::Module& module, const std::string& prefix) {
  NamedTensors state = live_tensors(module, prefix);
  for (auto& [name, tensor] : state) tensor = tensor.detach().to(torch::kCPU, false, true);
  return state;
}

void load_module_state(torch::nn::Module& module, const NamedTensors& tensors,
                       const std::filesystem::path& file, const std::string& prefix) {
  const torch::NoGradGuard no_grad;
  const NamedTensors live = live_tensors(module, prefix);
  for (const auto& [name, tensor] : tensors) {
    if (name.compare(0, prefix.size(), prefix) == 0 && live.count(name) == 0) {
      throw core::Error::untrusted(file, fmt::format("unexpected tensor '{}'", name));
    }
  }
  for (const auto& [name, target] : live) {
    const auto found = tensors.find(name);
    if (found == tensors.end()) {
      throw core::Error::untrusted(file, fmt::format("tensor '{}' is not there", name));
    }
    if (found->second.sizes() != target.sizes() ||
        found->second.scalar_type() != target.scalar_type()) {
      throw core::Error::untrusted(
          file, fmt::format("tensor '{}' has another shape or type than the network", name));
    }
    torch::Tensor writable = target;
    writable.copy_(found->second);
  }
}

NamedTensors take_prefixed(NamedTensors& tensors, const std::string& prefix) {
  NamedTensors taken;
  for (auto item = tensors.begin(); item != tensors.end();) {
    const auto next = std::next(item);
    if (item->first.compare(0, prefix.size(), prefix) == 0) taken.insert(tensors.extract(item));
    item = next;
  }
  return taken;
}

void require_shape(const NamedTensors& tensors, const std::string& name,
                   const std::vector<std::int64_t>& sizes, const std::filesystem::path& file) {
  const auto found = tensors.find(name);
  if (found == tensors.end() || found->second.sizes() != at::IntArrayRef(sizes)) {
    throw core::Error::untrusted(
        file, fmt::format("tensor '{}' is not there with the shape that the metadata says", name));
  }
}

}  // namespace ersatz::models
