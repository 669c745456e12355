#include "generate/diffusion/recorded_schedulers.h"

#include <torch/types.h>

#include "core/file_system.h"
#include "support/test_support.h"

namespace ersatz::test {
namespace {

// Python writes -Infinity, which JSON does not know.
core::Json read_python_json(const std::filesystem::path& path) {
  std::string text = core::read_file(path, std::uint64_t{1} << 20);
  const std::string infinity = "-Infinity";
  for (std::size_t at = text.find(infinity); at != std::string::npos; at = text.find(infinity)) {
    text.replace(at, infinity.size(), "null");
  }
  return core::Json::parse(text);
}

SchedulerFeeds make_feeds(const models::NamedTensors& tensors, const std::string& prefix) {
  return {tensors.at(prefix + "model_outputs"), tensors.at(prefix + "x0_unit"),
          tensors.at(prefix + "add_noise.orig"), tensors.at(prefix + "add_noise.noise")};
}

}  // namespace

generate::SchedulerConfig RecordedScheduler::parsed() const {
  return generate::parse_scheduler_config(config, name + ".json");
}

torch::Tensor RecordedScheduler::tensor(std::int64_t steps, const std::string& key) const {
  const auto found = tensors.find("n" + std::to_string(steps) + "." + key);
  return found == tensors.end() ? torch::Tensor() : found->second;
}

RecordedSchedulers load_committed_schedulers() {
  const models::NamedTensors tensors =
      models::load_safetensors(fixture("schedulers/ten_steps.safetensors")).tensors;
  RecordedSchedulers result;
  result.feeds = make_feeds(tensors, "common/");
  const core::Json index = core::read_json(fixture("schedulers/ten_steps.json"));
  for (const auto& [name, entry] : index.items()) {
    RecordedScheduler scheduler;
    scheduler.name = name;
    scheduler.config = entry.at("config");
    scheduler.initial[10] = entry.at("init_noise_sigma").get<double>();
    const std::string prefix = name + "/";
    for (const auto& [key, tensor] : tensors) {
      if (key.rfind(prefix, 0) == 0) scheduler.tensors[key.substr(prefix.size())] = tensor;
    }
    result.schedulers.push_back(std::move(scheduler));
  }
  return result;
}

RecordedSchedulers load_shared_schedulers(const std::filesystem::path& folder) {
  RecordedSchedulers result;
  result.feeds =
      make_feeds(models::load_safetensors(folder / "common.safetensors").tensors, std::string());
  const core::Json index = core::read_json(folder / "index.json");
  for (const core::Json& name : index.at("variants")) {
    RecordedScheduler scheduler;
    scheduler.name = name.get<std::string>();
    const core::Json record = read_python_json(folder / (scheduler.name + ".json"));
    scheduler.config = record.at("config");
    scheduler.config["_class_name"] = record.at("class");
    for (const auto& [steps, entry] : record.at("steps").items()) {
      scheduler.initial[std::stoll(steps)] = entry.at("init_noise_sigma").get<double>();
    }
    scheduler.tensors =
        models::load_safetensors(folder / (scheduler.name + ".safetensors")).tensors;
    result.schedulers.push_back(std::move(scheduler));
  }
  return result;
}

core::Json bare_scheduler(const std::string& name) { return {{"_class_name", name}}; }

double relative_difference(const torch::Tensor& a, const torch::Tensor& b) {
  if (a.sizes() != b.sizes()) return INFINITY;
  const torch::Tensor x = a.to(torch::kFloat64), y = b.to(torch::kFloat64);
  return ((x - y).abs().max() / y.abs().max()).item<double>();
}

}  // namespace ersatz::test
