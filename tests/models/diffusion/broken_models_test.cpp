// Models that are broken or hostile are refused in less than a second, naming what is wrong.
#include <gtest/gtest.h>
#include <torch/types.h>

#include <chrono>
#include <functional>
#include <limits>

#include "core/file_system.h"
#include "core/machine.h"
#include "models/diffusion/model_files.h"
#include "models/diffusion/save_stable_diffusion.h"
#include "models/diffusion/stable_diffusion.h"
#include "support/test_support.h"

namespace ersatz::models {
namespace {

namespace fs = std::filesystem;
using core::ExitCode;
using test::kTextFile;
using test::kUNetFile;
using test::kVaeFile;

struct Broken {
  std::string name;
  ExitCode code;
  std::string message;
  std::function<void(const fs::path& model)> damage;
};

std::function<void(const fs::path&)> weights(const char* file,
                                             std::function<void(NamedTensors&)> change) {
  return [file, change = std::move(change)](const fs::path& model) {
    test::edit_weights(model / file, change);
  };
}

std::function<void(const fs::path&)> json(const char* file,
                                          std::function<void(core::Json&)> change) {
  return [file, change = std::move(change)](const fs::path& model) {
    test::edit_json(model / file, change);
  };
}

std::function<void(const fs::path&)> text(const char* file, std::string content) {
  return [file, content = std::move(content)](const fs::path& model) {
    core::write_file_atomic(model / file, content);
  };
}

std::function<void(const fs::path&)> removed(const char* file) {
  return [file](const fs::path& model) { fs::remove_all(model / file); };
}

std::function<void(NamedTensors&)> poisoned(const char* name, float value) {
  return [=](NamedTensors& tensors) { tensors.at(name).view(-1)[7] = value; };
}

std::vector<Broken> broken_folders() {
  constexpr auto kBad = ExitCode::kUntrustedData;
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  return {
      {"NaN in a kernel", kBad, "'conv_in.weight' has NaN",
       weights(kUNetFile, poisoned("conv_in.weight", kNan))},
      {"infinity in a bias", kBad, "'conv_out.bias' has NaN or infinite",
       weights(kUNetFile, [](NamedTensors& t) { t.at("conv_out.bias")[0] = kInfinity; })},
      {"minus infinity in the autoencoder", kBad, "decoder.conv_in.weight",
       weights(kVaeFile, poisoned("decoder.conv_in.weight", -kInfinity))},
      {"NaN in the text encoder", kBad, "token_embedding",
       weights(kTextFile, poisoned("text_model.embeddings.token_embedding.weight", kNan))},
      {"NaN in float16", kBad, "'conv_in.weight' has NaN",
       weights(kUNetFile,
               [](NamedTensors& t) {
                 t.at("conv_in.weight") = t.at("conv_in.weight").to(torch::kFloat16);
                 t.at("conv_in.weight").view(-1)[3] = kNan;
               })},
      {"missing tensor", kBad, "1 missing: 'conv_in.bias'",
       weights(kUNetFile, [](NamedTensors& t) { t.erase("conv_in.bias"); })},
      {"extra tensor", kBad, "1 not part of the network: 'backdoor'",
       weights(kUNetFile, [](NamedTensors& t) { t["backdoor"] = torch::zeros({1}); })},
      {"many missing tensors", kBad, "and 2 more",
       weights(kTextFile,
               [](NamedTensors& t) {
                 for (int i = 0; i < 12; ++i) t.erase(t.begin());
               })},
      {"wrong shape", kBad, "'conv_in.bias' [33] instead of [32]",
       weights(kUNetFile, [](NamedTensors& t) { t["conv_in.bias"] = torch::zeros({33}); })},
      {"another number of dimensions", kBad, "'conv_in.bias' [1, 32] instead of [32]",
       weights(kUNetFile,
               [](NamedTensors& t) {
                 t["conv_in.bias"] = torch::zeros({1, 32});
               })},
      {"integers", kBad, "of integers",
       weights(kUNetFile,
               [](NamedTensors& t) { t["conv_in.bias"] = torch::zeros({32}, torch::kInt64); })},
      {"position_ids elsewhere", kBad, "position_ids",
       weights(kTextFile,
               [](NamedTensors& t) {
                 t["position_ids"] = torch::zeros({1, 77});
               })},
      {"old and new names of one weight", kBad, "query.weight",
       weights(kVaeFile,
               [](NamedTensors& t) {
                 t["encoder.mid_block.attentions.0.query.weight"] =
                     t.at("encoder.mid_block.attentions.0.to_q.weight").clone();
               })},
      {"no UNet configuration", kBad, "config.json", removed("unet/config.json")},
      {"no autoencoder configuration", kBad, "config.json", removed("vae/config.json")},
      {"no scheduler configuration", kBad, "scheduler_config.json",
       removed("scheduler/scheduler_config.json")},
      {"no index", kBad, "model_index.json", removed("model_index.json")},
      {"no weights", ExitCode::kMissing, "vae", removed(kVaeFile)},
      {"nothing", ExitCode::kMissing, "there is no model", removed("")},
      {"configuration is no JSON", kBad, "not valid JSON", text("unet/config.json", "{")},
      {"configuration is a list", kBad, "not a JSON object", text("unet/config.json", "[]")},
      {"duplicate key", kBad, "appears twice",
       text("unet/config.json", R"({"in_channels": 4, "in_channels": 9})")},
      {"huge configuration", kBad, "absurdly large",
       text("unet/config.json", std::string(2 << 20, ' '))},
      {"deep configuration", kBad, "config.json",
       text("unet/config.json", std::string(500000, '['))},
      {"huge network", kBad, "",
       json("unet/config.json",
            [](core::Json& c) {
              c["block_out_channels"] = {8192, 8192};
            })},
      {"huge vocabulary", kBad, "",
       json("text_encoder/config.json", [](core::Json& c) { c["vocab_size"] = 1000000; })},
      {"negative channels", kBad, "in_channels",
       json("unet/config.json", [](core::Json& c) { c["in_channels"] = -4; })},
      {"unknown mathematics", kBad, "class_embed_type",
       json("unet/config.json", [](core::Json& c) { c["class_embed_type"] = "timestep"; })},
      {"another pipeline", kBad, "StableDiffusionXLPipeline",
       json("model_index.json",
            [](core::Json& c) { c["_class_name"] = "StableDiffusionXLPipeline"; })},
      {"another autoencoder", kBad, "AutoencoderTiny",
       json("model_index.json",
            [](core::Json& c) {
              c["vae"] = {"diffusers", "AutoencoderTiny"};
            })},
      {"index names code", kBad, "the unet should be",
       json("model_index.json",
            [](core::Json& c) {
              c["unet"] = {"os", "system"};
            })},
      {"weights are a web page", kBad, "neither",
       text(kUNetFile, "<!DOCTYPE html><html>not found</html>")},
      {"weights are empty", kBad, "too short", text(kUNetFile, "")},
      {"shards without a map", kBad, "weight_map",
       [](const fs::path& model) {
         fs::remove(model / kUNetFile);
         core::write_file_atomic(model / "unet" / "diffusion_pytorch_model.safetensors.index.json",
                                 "{}");
       }},
  };
}

std::vector<Broken> broken_single_files() {
  constexpr auto kBad = ExitCode::kUntrustedData;
  const auto change = [](std::function<void(NamedTensors&)> edit) {
    return [edit = std::move(edit)](const fs::path& file) { test::edit_weights(file, edit); };
  };
  return {
      {"no autoencoder", kBad, "first_stage_model", change([](NamedTensors& t) {
         for (auto it = t.begin(); it != t.end();) {
           it = it->first.find("first_stage_model") == 0 ? t.erase(it) : std::next(it);
         }
       })},
      {"no UNet", kBad, "model.diffusion_model", change([](NamedTensors& t) {
         for (auto it = t.begin(); it != t.end();) {
           it = it->first.find("model.diffusion_model") == 0 ? t.erase(it) : std::next(it);
         }
       })},
      {"only an embedding", kBad, "is not a Stable Diffusion checkpoint",
       change([](NamedTensors& t) {
         t = {{"<cat-toy>", torch::zeros({768})}};
       })},
      {"a level is cut off", kBad, "input_blocks.4", change([](NamedTensors& t) {
         t.erase("model.diffusion_model.input_blocks.4.0.out_layers.3.weight");
       })},
      {"a layer of CLIP is missing", kBad, "layers.1.mlp.fc1.weight", change([](NamedTensors& t) {
         t.erase("cond_stage_model.transformer.text_model.encoder.layers.1.mlp.fc1.weight");
       })},
      {"NaN", kBad, "model.diffusion_model.out.2.weight",
       change(poisoned("model.diffusion_model.out.2.weight",
                       std::numeric_limits<float>::quiet_NaN()))},
      {"extra", kBad, "'model.diffusion_model.label_emb.0.0.weight'", change([](NamedTensors& t) {
         t["model.diffusion_model.label_emb.0.0.weight"] = torch::zeros({4, 4});
       })},
  };
}

void expect_refused(const Broken& broken, const fs::path& path) {
  SCOPED_TRACE(broken.name);
  const std::uint64_t memory = core::peak_memory_bytes();
  const auto start = std::chrono::steady_clock::now();
  EXPECT_ERSATZ_ERROR(load_stable_diffusion(path), broken.code, broken.message);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  EXPECT_LT(took.count(), 1.0);
  EXPECT_LT(core::peak_memory_bytes() - memory, std::uint64_t{256} << 20);
}

TEST(BrokenModels, FoldersAreRefused) {
  const test::TemporaryFolder folder;
  test::write_random_model(folder / "good", "tiny");
  load_stable_diffusion(folder / "good");
  for (const Broken& broken : broken_folders()) {
    fs::remove_all(folder / "bad");
    fs::copy(folder / "good", folder / "bad", fs::copy_options::recursive);
    broken.damage(folder / "bad");
    expect_refused(broken, folder / "bad");
  }
}

TEST(BrokenModels, SingleFilesAreRefused) {
  const test::TemporaryFolder folder;
  test::write_random_model(folder / "model", "mini");
  convert_stable_diffusion(folder / "model", folder / "good", ModelLayout::kSingleFile);
  load_stable_diffusion(folder / "good");
  for (const Broken& broken : broken_single_files()) {
    fs::remove(folder / "bad");
    fs::copy(folder / "good", folder / "bad");
    broken.damage(folder / "bad");
    expect_refused(broken, folder / "bad");
  }
}

}  // namespace
}  // namespace ersatz::models
