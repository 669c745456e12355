#include "generate/diffusion/trajectory_fixture.h"

#include <fmt/format.h>
#include <torch/types.h>

#include <cmath>
#include <fstream>
#include <iterator>
#include <limits>

namespace ersatz::test {
namespace {

generate::SchedulerConfig scheduler_of(const core::Json& record,
                                       const std::filesystem::path& file) {
  core::Json config = record.at("scheduler_config");
  const char* name = record.contains("scheduler_class") ? "scheduler_class" : "scheduler";
  config["_class_name"] = record.at(name);
  generate::SchedulerConfig result = generate::parse_scheduler_config(config, file);
  result.eta = record.at("call").value("eta", result.eta);
  return result;
}

// Python writes an infinity that JSON does not know; the settings treat null as absent.
core::Json read_record(const std::filesystem::path& file) {
  std::ifstream stream(file);
  std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  const std::string infinity = "-Infinity";
  for (std::size_t at = text.find(infinity); at != std::string::npos; at = text.find(infinity)) {
    text.replace(at, infinity.size(), "null");
  }
  return core::Json::parse(text);
}

// Prompts in the reference's order: every one as often as there are images of it.
std::vector<std::string> prompts_of(const core::Json& call) {
  const core::Json& prompt = call.at("prompt");
  const int copies = call.value("num_images_per_prompt", 1);
  std::vector<std::string> result;
  for (std::size_t i = 0; i < (prompt.is_array() ? prompt.size() : 1); ++i) {
    const auto text = (prompt.is_array() ? prompt[i] : prompt).get<std::string>();
    result.insert(result.end(), static_cast<std::size_t>(copies), text);
  }
  return result;
}

}  // namespace

LoadedModel::LoadedModel(const std::filesystem::path& folder)
    : model(models::load_stable_diffusion(folder)),
      encoder(model.text_encoder, generate::ClipTokenizer::load(model.tokenizer)) {}

Trajectory::Trajectory(const std::filesystem::path& stem)
    : folder(stem.parent_path()),
      record(read_record(stem.string() + ".json")),
      tensors(models::load_safetensors(stem.string() + ".safetensors").tensors) {}

generate::SamplingRequest Trajectory::request() const {
  const core::Json& call = record.at("call");
  generate::SamplingRequest request;
  request.prompts = prompts_of(call);
  request.seeds.resize(request.prompts.size());
  for (std::size_t i = 0; i < request.seeds.size(); ++i) {
    request.seeds[i] = record.value("generator_seed", std::uint64_t{7}) + i;
  }
  if (call.contains("negative_prompt")) {
    request.negatives = {call.at("negative_prompt").get<std::string>()};
  }
  request.scheduler = scheduler_of(record, folder);
  request.steps = call.at("num_inference_steps").get<std::int64_t>();
  request.guidance = call.at("guidance_scale").get<double>();
  request.guidance_rescale = call.value("guidance_rescale", 0.0);
  if (has("init_latents_unscaled")) request.latents = at("init_latents_unscaled");
  for (int i = 0; has(fmt::format("noise.{:03d}", i)); ++i) {
    request.noise.push_back(at(fmt::format("noise.{:03d}", i)));
  }
  const auto mode = record.value("mode", std::string("txt2img"));
  if (mode == "txt2img") {
    request.height = call.at("height").get<std::int64_t>();
    request.width = call.at("width").get<std::int64_t>();
    return request;
  }
  const models::NamedTensors inputs =
      models::load_safetensors(folder / "inputs.safetensors").tensors;
  const torch::Tensor pixels = inputs.at("input_image_u8").permute({2, 0, 1}).unsqueeze(0);
  request.init = generate::InitImage{pixels.to(torch::kFloat32) / 127.5 - 1.0,
                                     call.at("strength").get<double>()};
  request.height = pixels.size(2);
  request.width = pixels.size(3);
  if (mode != "img2img") {
    const torch::Tensor mask = inputs.at("input_mask_u8").to(torch::kFloat32) / 255.0;
    request.mask = generate::InpaintMask{
        mask.unsqueeze(0).unsqueeze(0),
        mode == "inpaint_legacy" ? generate::InpaintMode::kLegacy : generate::InpaintMode::kAuto};
  }
  return request;
}

double max_difference(const torch::Tensor& a, const torch::Tensor& b) {
  if (a.sizes() != b.sizes()) return std::numeric_limits<double>::infinity();
  const double difference =
      (a.to(torch::kFloat64) - b.to(torch::kFloat64)).abs().max().item<double>();
  return std::isnan(difference) ? std::numeric_limits<double>::infinity() : difference;
}

}  // namespace ersatz::test
