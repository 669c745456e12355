// `ersatz generate --dump-trajectory` against runs recorded with diffusers.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <torch/types.h>

#include <ostream>

#include "cli/cli_fixture.h"
#include "core/json.h"
#include "data/images/image_file.h"
#include "data/images/png_codec.h"
#include "models/safetensors.h"

namespace ersatz::test {
namespace {

namespace fs = std::filesystem;
using core::Json;
using models::NamedTensors;

class Trajectory : public ::testing::TestWithParam<const char*> {
 protected:
  // The command line that repeats a recorded run.
  std::string line(const Json& record, const NamedTensors& tensors, const fs::path& inputs) {
    const auto mode = record.at("mode").get<std::string>();
    const Json& call = record.at("call");
    std::string words = fmt::format(
        "generate {} --steps {} --guidance {}", mode.rfind("inpaint", 0) == 0 ? "inpaint" : mode,
        call.at("num_inference_steps").get<int>(), call.at("guidance_scale").get<double>());
    const Json prompts =
        call.at("prompt").is_array() ? call.at("prompt") : Json::array({call.at("prompt")});
    for (const Json& prompt : prompts)
      words += fmt::format(" --prompt '{}'", prompt.get<std::string>());
    if (call.contains("negative_prompt")) {
      words += fmt::format(" --negative '{}'", call.at("negative_prompt").get<std::string>());
    }
    words += fmt::format(" --count {} --batch 4", call.value("num_images_per_prompt", 1));
    if (call.contains("width")) {
      words +=
          fmt::format(" --size {}x{}", call.at("width").get<int>(), call.at("height").get<int>());
    }
    if (call.contains("strength")) {
      words += fmt::format(" --strength {}", call.at("strength").get<double>());
    }
    if (call.contains("eta")) words += fmt::format(" --eta {}", call.at("eta").get<double>());
    if (mode == "inpaint_legacy") words += " --inpaint legacy";
    if (mode != "txt2img") words += " --image image.png";
    if (mode.rfind("inpaint", 0) == 0) words += " --mask mask.png";
    write_pictures(models::load_safetensors(inputs).tensors);
    words += write_noise(tensors);
    Json scheduler = record.at("scheduler_config");
    scheduler["_class_name"] = record.at("scheduler_class");
    write_text(folder_ / "scheduler.json", scheduler.dump());
    return words + " --scheduler scheduler.json --dump-trajectory out.safetensors --out out";
  }

  void write_pictures(const NamedTensors& inputs) {
    const auto bytes = [&](const char* key) {
      const torch::Tensor tensor = inputs.at(key).contiguous();
      const auto* begin = tensor.data_ptr<std::uint8_t>();
      return std::vector<std::uint8_t>(begin, begin + tensor.numel());
    };
    const torch::Tensor& image = inputs.at("input_image_u8");
    const auto height = static_cast<int>(image.size(0)), width = static_cast<int>(image.size(1));
    write_text(folder_ / "image.png",
               data::encode_png(data::RgbImage{width, height, bytes("input_image_u8")}));
    write_text(folder_ / "mask.png",
               data::encode_png(data::GreyImage{width, height, bytes("input_mask_u8")}));
  }

  std::string write_noise(const NamedTensors& tensors) {
    std::string words;
    NamedTensors noise;
    for (const auto& [name, tensor] : tensors) {
      if (name.rfind("noise.", 0) == 0) noise["noise_" + name.substr(6)] = tensor;
    }
    if (!noise.empty()) {
      models::save_safetensors(folder_ / "noise.safetensors", noise);
      words += " --noise noise.safetensors";
    }
    const auto latents = tensors.find("init_latents_unscaled");
    if (latents != tensors.end()) {
      models::save_safetensors(folder_ / "latents.safetensors", {{"latents", latents->second}});
      words += " --init-latents latents.safetensors";
    }
    return words;
  }

  TemporaryFolder folder_;
};

double difference(const torch::Tensor& a, const torch::Tensor& b) {
  return (a.to(torch::kDouble) - b.to(torch::kDouble)).abs().max().item<double>();
}

TEST_P(Trajectory, EqualsTheRecordedOne) {
  ERSATZ_REQUIRE_SHARED(fixtures, "fixtures/trajectories");
  const fs::path recorded = fixtures / GetParam();
  const Json record = core::read_python_json(recorded.string() + ".json");
  const NamedTensors expected =
      models::load_safetensors(recorded.string() + ".safetensors").tensors;
  const fs::path model = fixtures.parent_path() / "models" / record.at("model").get<std::string>();
  const CommandResult result = run_command(fmt::format(
      "cd '{}' && ERSATZ_HOME='{}' '{}/ersatz' {} --model '{}'", folder_.path().string(),
      source_root().string(), ERSATZ_BIN_DIR,
      line(record, expected, recorded.parent_path() / "inputs.safetensors"), model.string()));
  ASSERT_EQ(result.exit_status, 0) << result.errors;

  const NamedTensors dumped = models::load_safetensors(folder_ / "out.safetensors").tensors;
  const std::int64_t calls = expected.at("timesteps").size(0);
  const std::string last = fmt::format("latents_{:03d}", calls);
  ASSERT_EQ(dumped.size(), static_cast<std::size_t>(calls) + 2);
  EXPECT_LE(difference(dumped.at("latents_000"), expected.at("sample0")), 1e-4);
  const double final_latents = difference(dumped.at(last), expected.at("final_latents"));
  EXPECT_LE(final_latents, 1e-3);

  // Some recordings leave out the pictures.
  const auto wanted_images = expected.find("image_u8");
  if (wanted_images == expected.end()) {
    std::printf("[ parity   ] %s: final latents within %.2e\n", GetParam(), final_latents);
    return;
  }
  const torch::Tensor wanted = wanted_images->second.to(torch::kInt);
  const torch::Tensor levels =
      dumped.at("image").div(2).add(0.5).clamp(0, 1).mul(255).round().permute({0, 2, 3, 1});
  EXPECT_EQ(levels.sizes(), wanted.sizes());
  const torch::Tensor off = (levels.to(torch::kInt) - wanted).abs();
  EXPECT_LE(off.max().item<int>(), 1);
  const double share = off.gt(0).to(torch::kDouble).mean().item<double>();
  EXPECT_LE(share, 1e-3);
  std::printf("[ parity   ] %s: final latents within %.2e, %.3f %% of pixel values one level off\n",
              GetParam(), final_latents, 100 * share);

  // The files hold the same pictures.
  for (std::int64_t i = 0; i < wanted.size(0); ++i) {
    const data::RgbImage png = data::read_image(folder_ / fmt::format("out/{:05d}_{}.png", i, i));
    const torch::Tensor row = levels[i].to(torch::kUInt8).contiguous();
    const auto* begin = row.data_ptr<std::uint8_t>();
    EXPECT_EQ(png.pixels, std::vector<std::uint8_t>(begin, begin + row.numel())) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Recorded, Trajectory,
    ::testing::Values("tiny/txt2img_pndm", "tiny/txt2img_euler_a", "tiny/txt2img_ddim_eta05",
                      "tiny/img2img_pndm", "tiny/inpaint4_ddim", "tiny/inpaint_legacy_pndm",
                      "inpaint9/inpaint9_euler_a_s06", "sd2mini/txt2img_ddim_neg",
                      "sd15mini/txt2img_pndm_batch2x2_rect", "sd15mini/img2img_dpmpp_2m_karras"),
    [](const auto& instance) {
      std::string name = instance.param;
      for (char& c : name) {
        if (c == '/') c = '_';
      }
      return name;
    });

}  // namespace
}  // namespace ersatz::test
