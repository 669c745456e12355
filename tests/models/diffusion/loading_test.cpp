#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <chrono>

#include "core/file_system.h"
#include "core/log.h"
#include "models/diffusion/architecture.h"
#include "models/diffusion/model_files.h"
#include "models/diffusion/save_stable_diffusion.h"
#include "models/safetensors.h"
#include "models/weights/weights.h"
#include "support/test_support.h"

namespace ersatz::models {
namespace {

namespace fs = std::filesystem;
using core::ExitCode;
using test::kTextFile;
using test::kUNetFile;
using test::kVaeFile;

const std::vector<std::string> kSmall = {"tiny", "tiny-inpaint", "mini", "mini-sd2"};

void expect_same_configurations(const StableDiffusion& left, const StableDiffusion& right) {
  EXPECT_EQ(unet_config_json(left.unet->config()), unet_config_json(right.unet->config()));
  EXPECT_EQ(autoencoder_config_json(left.autoencoder->config()),
            autoencoder_config_json(right.autoencoder->config()));
  EXPECT_EQ(clip_text_config_json(left.text_encoder->config()),
            clip_text_config_json(right.text_encoder->config()));
}

TEST(Loading, FoldersAndSingleFilesHoldTheSameModel) {
  for (const std::string& name : kSmall) {
    SCOPED_TRACE(name);
    const test::TemporaryFolder folder;
    test::write_random_model(folder / "model", name);
    const StableDiffusion model = load_stable_diffusion(folder / "model");
    EXPECT_EQ(unet_config_json(model.unet->config()), unet_config_json(architecture(name).unet));
    EXPECT_EQ(model.tokenizer, folder / "model" / "tokenizer");
    EXPECT_EQ(model.source, folder / "model");
    EXPECT_FALSE(model.unet->is_training());

    convert_stable_diffusion(folder / "model", folder / "one.ckpt", ModelLayout::kSingleFile);
    LoadOptions options;
    options.configuration = folder / "model";
    const StableDiffusion single = load_stable_diffusion(folder / "one.ckpt", options);
    test::expect_same_networks(model, single);
    expect_same_configurations(model, single);
    EXPECT_EQ(single.scheduler, model.scheduler);
    EXPECT_EQ(single.tokenizer, model.tokenizer);

    // Back again: not a byte differs.
    convert_stable_diffusion(folder / "one.ckpt", folder / "again", ModelLayout::kDiffusers, {},
                             options);
    for (const char* file : {kUNetFile, kVaeFile, kTextFile, "unet/config.json", "vae/config.json",
                             "text_encoder/config.json", "model_index.json",
                             "scheduler/scheduler_config.json", "tokenizer/vocab.json"}) {
      EXPECT_EQ(core::read_file(folder / "model" / file), core::read_file(folder / "again" / file))
          << file;
    }
  }
}

// Heads, groups of norms and the size are in no shape: a model unlike the published ones would come
// back as another one that computes something else.
TEST(Loading, SingleFilesNeedNoConfiguration) {
  for (const std::string& name : kSmall) {
    SCOPED_TRACE(name);
    const test::TemporaryFolder folder;
    test::write_random_model(folder / "model", name);
    const StableDiffusion model = load_stable_diffusion(folder / "model");
    save_single_file(model, folder / "one.safetensors");
    LoadOptions options;
    options.tokenizer = folder / "model" / "tokenizer";
    const StableDiffusion single = load_stable_diffusion(folder / "one.safetensors", options);
    test::expect_same_networks(model, single);
    expect_same_configurations(model, single);
    EXPECT_EQ(single.tokenizer, options.tokenizer);
    EXPECT_EQ(single.scheduler.at("_class_name"), model.scheduler.at("_class_name"));
  }
}

TEST(Loading, ConfigurationsInsideSingleFilesAreCheckedLikeAnyOther) {
  const test::TemporaryFolder folder;
  test::write_random_model(folder / "model", "tiny");
  save_single_file(load_stable_diffusion(folder / "model"), folder / "one.safetensors");
  const Safetensors good = load_safetensors(folder / "one.safetensors");
  const std::string key = "ersatz.configuration";
  const core::Json configuration = core::Json::parse(good.metadata.at(key));
  const auto refused = [&](const std::string& text, const std::string& message) {
    auto metadata = good.metadata;
    metadata[key] = text;
    save_safetensors(folder / "bad.safetensors", good.tensors, metadata);
    EXPECT_ERSATZ_ERROR(load_stable_diffusion(folder / "bad.safetensors"), ExitCode::kUntrustedData,
                        message);
  };
  refused("{", "not valid JSON");
  refused("[]", "has no 'unet'");
  core::Json changed = configuration;
  changed["unet"]["attention_head_dim"] = 7;
  refused(changed.dump(), "attention_head_dim");
  changed = configuration;
  changed["unet"]["block_out_channels"] = {64, 64};
  refused(changed.dump(), "of another shape");
  changed = configuration;
  changed.erase("vae");
  refused(changed.dump(), "has no 'vae'");
}

TEST(Loading, SingleFilesReplaceNothing) {
  const test::TemporaryFolder folder;
  test::write_random_model(folder / "model", "tiny");
  core::write_file_atomic(folder / "one.safetensors", "precious");
  EXPECT_ERSATZ_ERROR(convert_stable_diffusion(folder / "model", folder / "one.safetensors",
                                               ModelLayout::kSingleFile),
                      ExitCode::kUsage, "one.safetensors exists already");
  EXPECT_EQ(core::read_file(folder / "one.safetensors"), "precious");
}

TEST(Loading, VelocityModelsSayWhatTheyPredict) {
  const test::TemporaryFolder folder;
  test::write_random_model(folder / "model", "mini-sd2");
  const StableDiffusion model = load_stable_diffusion(folder / "model");
  save_single_file(model, folder / "one.safetensors");
  LoadOptions options;
  options.autoencoder = false;  // its norms have 16 groups, which no shape tells
  StableDiffusion single = load_stable_diffusion(folder / "one.safetensors", options);
  EXPECT_EQ(single.scheduler.at("prediction_type"), "v_prediction");
  options.prediction = "epsilon";
  single = load_stable_diffusion(folder / "one.safetensors", options);
  EXPECT_EQ(single.scheduler.at("prediction_type"), "epsilon");
  options.prediction = "noise";
  EXPECT_ERSATZ_ERROR(load_stable_diffusion(folder / "model", options), ExitCode::kUsage, "noise");
}

// What training and OpenCLIP leave in a checkpoint, next to what is used.
TEST(Loading, KnownLeftOversOfSingleFilesAreIgnored) {
  const test::TemporaryFolder folder;
  test::write_random_model(folder / "model", "mini-sd2");
  convert_stable_diffusion(folder / "model", folder / "one", ModelLayout::kSingleFile);
  test::edit_weights(folder / "one", [](NamedTensors& tensors) {
    tensors["model_ema.diffusion_modelinput_blocks00weight"] = torch::zeros({3});
    tensors["model_ema.num_updates"] = torch::zeros({}, torch::kInt64);
    tensors["alphas_cumprod"] = torch::zeros({1000});
    tensors["first_stage_model.loss.logvar"] = torch::zeros({});
    const std::string text = "cond_stage_model.model.";
    tensors[text + "text_projection"] = torch::zeros({48, 48});
    tensors[text + "logit_scale"] = torch::zeros({});
    for (const char* name : {"attn.in_proj_weight", "mlp.c_fc.weight"}) {
      tensors[text + "transformer.resblocks.4." + name] =
          tensors.at(text + "transformer.resblocks.3." + name).clone();
    }
  });
  LoadOptions options;
  options.configuration = folder / "model";
  test::expect_same_networks(load_stable_diffusion(folder / "model"),
                             load_stable_diffusion(folder / "one", options));
  test::edit_weights(folder / "one", [](NamedTensors& tensors) {
    tensors["control_model.weight"] = torch::zeros({3});
  });
  EXPECT_ERSATZ_ERROR(load_stable_diffusion(folder / "one", options), ExitCode::kUntrustedData,
                      "'control_model.weight'");
}

TEST(Loading, ClipNamesOfEarlyCheckpoints) {
  const test::TemporaryFolder folder;
  test::write_random_model(folder / "model", "mini");
  convert_stable_diffusion(folder / "model", folder / "one", ModelLayout::kSingleFile);
  const std::string prefix = "cond_stage_model.transformer.";
  test::edit_weights(folder / "one", [&](NamedTensors& tensors) {
    const NamedTensors before = tensors;
    for (const auto& [name, tensor] : before) {
      const std::string full = prefix + "text_model.";
      if (name.compare(0, full.size(), full) == 0) {
        test::rename_key(tensors, name, prefix + name.substr(full.size()));
      }
    }
  });
  test::expect_same_networks(load_stable_diffusion(folder / "model"),
                             load_stable_diffusion(folder / "one"));
  test::edit_weights(folder / "one", [&](NamedTensors& tensors) {
    tensors[prefix + "text_model.final_layer_norm.bias"] =
        tensors.at(prefix + "final_layer_norm.bias").clone();
  });
  EXPECT_ERSATZ_ERROR(load_stable_diffusion(folder / "one"), ExitCode::kUntrustedData,
                      "two spellings");
}

TEST(Loading, OldNamesOfAutoencodersAreUnderstood) {
  const test::TemporaryFolder folder;
  test::write_random_model(folder / "model", "tiny");
  const StableDiffusion model = load_stable_diffusion(folder / "model");
  test::edit_weights(folder / "model" / kVaeFile, [](NamedTensors& tensors) {
    for (const char* half : {"encoder", "decoder"}) {
      const std::string attention = std::string(half) + ".mid_block.attentions.0.";
      const std::pair<const char*, const char*> renamed[] = {
          {"to_q", "query"}, {"to_k", "key"}, {"to_v", "value"}, {"to_out.0", "proj_attn"}};
      for (const auto& [now, before] : renamed) {
        for (const char* kind : {".weight", ".bias"}) {
          test::rename_key(tensors, attention + now + kind, attention + before + kind);
        }
        torch::Tensor& matrix = tensors.at(attention + before + ".weight");
        if (std::string(half) == "decoder") matrix = matrix.unsqueeze(2).unsqueeze(3);
      }
    }
  });
  test::edit_weights(folder / "model" / kTextFile, [](NamedTensors& tensors) {
    tensors["text_model.embeddings.position_ids"] = torch::arange(77).unsqueeze(0);
  });
  test::expect_same_networks(model, load_stable_diffusion(folder / "model"));
}

TEST(Loading, VariantsAndShards) {
  const test::TemporaryFolder folder;
  const fs::path root = folder / "model", unet = root / "unet";
  test::write_random_model(root, "tiny");
  const StableDiffusion model = load_stable_diffusion(root);

  // In two shards with an index.
  const NamedTensors tensors = load_safetensors(root / kUNetFile).tensors;
  NamedTensors shards[2];
  core::Json map;
  for (const auto& [name, tensor] : tensors) {
    const std::size_t shard = shards[0].size() < tensors.size() / 2 ? 0 : 1;
    shards[shard].emplace(name, tensor);
    map[name] = shard == 0 ? "a-00001.safetensors" : "a-00002.safetensors";
  }
  save_safetensors(unet / "a-00001.safetensors", shards[0]);
  save_safetensors(unet / "a-00002.safetensors", shards[1]);
  const fs::path index = unet / "diffusion_pytorch_model.safetensors.index.json";
  core::write_json(index, {{"metadata", {{"total_size", 1}}}, {"weight_map", map}});
  fs::rename(root / kUNetFile, folder / "whole");
  test::expect_same_networks(model, load_stable_diffusion(root));

  test::edit_json(index, [](core::Json& json) {
    json["weight_map"]["conv_in.bias"] = "../../secret.safetensors";
  });
  EXPECT_ERSATZ_ERROR(load_stable_diffusion(root), ExitCode::kUntrustedData, "secret.safetensors");
  test::edit_json(
      index, [](core::Json& json) { json["weight_map"]["conv_in.bias"] = "a-00002.safetensors"; });
  EXPECT_ERSATZ_ERROR(load_stable_diffusion(root), ExitCode::kUntrustedData, "conv_in.bias");
  test::edit_json(
      index, [](core::Json& json) { json["weight_map"]["conv_in.bias"] = "a-00003.safetensors"; });
  EXPECT_ERSATZ_ERROR(load_stable_diffusion(root), ExitCode::kMissing, "a-00003.safetensors");
  for (const std::size_t letters : {255, 256}) {
    test::edit_json(index, [&](core::Json& json) {
      json["weight_map"]["conv_in.bias"] = std::string(letters, 'a');
    });
    EXPECT_ERSATZ_ERROR(load_stable_diffusion(root),
                        letters == 255 ? ExitCode::kMissing : ExitCode::kUntrustedData,
                        letters == 255 ? "which is not there" : "256 bytes");
  }
  fs::remove(index);

  // Another variant is preferred when asked for, and taken when it is the only one.
  fs::rename(folder / "whole", unet / "diffusion_pytorch_model.fp16.safetensors");
  test::expect_same_networks(model, load_stable_diffusion(root));
  test::write_random_model(folder / "other", "tiny", 2);
  fs::copy(folder / "other" / kUNetFile, root / kUNetFile);
  const StableDiffusion other = load_stable_diffusion(folder / "other");
  test::expect_same_parameters(*load_stable_diffusion(root).unet, *other.unet);
  LoadOptions options;
  options.variant = "fp16";
  test::expect_same_networks(model, load_stable_diffusion(root, options));
  // Parts without it are said to be taken as they are; the UNet has it.
  const auto warnings = core::logged_warnings();
  const auto warned = [&](const char* part) {
    return std::count(
        warnings.begin(), warnings.end(),
        (root / part).string() + " has no variant 'fp16': taking its weights without one");
  };
  EXPECT_EQ(warned("vae"), 1);
  EXPECT_EQ(warned("text_encoder"), 1);
  EXPECT_EQ(warned("unet"), 0);
  // .bin stands for itself by name; what is inside decides how it is read.
  fs::rename(root / kTextFile, root / "text_encoder" / "pytorch_model.bin");
  fs::rename(root / kVaeFile, root / "vae" / "diffusion_pytorch_model.bin");
  test::expect_same_networks(model, load_stable_diffusion(root, options));
  fs::remove(unet / "diffusion_pytorch_model.fp16.safetensors");
  fs::remove(root / kUNetFile);
  EXPECT_ERSATZ_ERROR(load_stable_diffusion(root), ExitCode::kMissing, "unet");
}

TEST(Loading, PartsCanBeLeftOut) {
  const test::TemporaryFolder folder;
  test::write_random_model(folder / "model", "tiny");
  convert_stable_diffusion(folder / "model", folder / "one", ModelLayout::kSingleFile);
  LoadOptions options;
  options.configuration = folder / "model";
  options.unet = false;
  options.autoencoder = false;
  for (const char* path : {"model", "one"}) {
    const StableDiffusion model = load_stable_diffusion(folder / path, options);
    EXPECT_TRUE(model.text_encoder);
    EXPECT_FALSE(model.unet);
    EXPECT_FALSE(model.autoencoder);
    EXPECT_ERSATZ_ERROR(save_stable_diffusion(model, folder / "out"), ExitCode::kUsage, "whole");
  }
}

TEST(Loading, WeightsCanBeKeptInSmallerTypes) {
  const test::TemporaryFolder folder;
  test::write_random_model(folder / "model", "tiny");
  LoadOptions options;
  options.weights_type = torch::kFloat16;
  const StableDiffusion model = load_stable_diffusion(folder / "model", options);
  const StableDiffusion exact = load_stable_diffusion(folder / "model");
  EXPECT_EQ(model.compute_type, torch::kFloat32);
  for (const auto& parameter : model.unet->named_parameters()) {
    EXPECT_EQ(parameter->scalar_type(), parameter->dim() > 1 ? torch::kFloat16 : torch::kFloat32)
        << parameter.key();
  }
  const torch::NoGradGuard no_grad;
  const torch::Tensor ids = torch::arange(77).unsqueeze(0);
  const torch::Tensor context = exact.text_encoder->forward(ids).last_hidden;
  EXPECT_LT(test::max_difference(model.text_encoder->forward(ids).last_hidden, context), 2e-2);
  const torch::Tensor sample = torch::randn({1, 4, 8, 8}), time = torch::full({1}, 500.0F);
  const torch::Tensor output = model.unet->forward(sample, time, context);
  EXPECT_EQ(output.scalar_type(), torch::kFloat32);
  EXPECT_LT(test::max_difference(output, exact.unet->forward(sample, time, context)), 2e-2);

  test::edit_weights(folder / "model" / kUNetFile, [](NamedTensors& tensors) {
    tensors.at("conv_out.weight").view(-1)[5] = 1e6F;
  });
  EXPECT_ERSATZ_ERROR(load_stable_diffusion(folder / "model", options), ExitCode::kUntrustedData,
                      "conv_out.weight");
  load_stable_diffusion(folder / "model");
  SaveOptions half;
  half.type = torch::kFloat16;
  EXPECT_ERSATZ_ERROR(
      convert_stable_diffusion(folder / "model", folder / "half", ModelLayout::kDiffusers, half),
      ExitCode::kUsage, "conv_out.weight");
  EXPECT_FALSE(fs::exists(folder / "half"));
}

// Matrices in half precision beside norms in full precision, as some published models have them.
TEST(Loading, ConversionKeepsEveryType) {
  const test::TemporaryFolder folder;
  test::write_random_model(folder / "model", "tiny");
  test::edit_weights(folder / "model" / kUNetFile, [](NamedTensors& tensors) {
    for (auto& [name, tensor] : tensors) {
      if (tensor.dim() > 1) tensor = tensor.to(torch::kFloat16);
    }
    tensors.at("conv_norm_out.weight").fill_(1.0F / 3);
  });
  convert_stable_diffusion(folder / "model", folder / "one", ModelLayout::kSingleFile);
  LoadOptions options;
  options.as_stored = true;
  test::expect_same_networks(load_stable_diffusion(folder / "model", options),
                             load_stable_diffusion(folder / "one", options));
}

TEST(Loading, ConversionKeepsTheWholeTokenizer) {
  const test::TemporaryFolder folder;
  test::write_random_model(folder / "model", "tiny");
  const fs::path added = folder / "model" / "tokenizer" / "added_tokens.json";
  core::write_file_atomic(added, R"({"<x>": 514})");
  convert_stable_diffusion(folder / "model", folder / "copy", ModelLayout::kDiffusers);
  EXPECT_EQ(core::read_file(folder / "copy" / "tokenizer" / "added_tokens.json"),
            core::read_file(added));
}

TEST(Loading, ConversionRoundsOnce) {
  const test::TemporaryFolder folder;
  test::write_random_model(folder / "model", "tiny");
  SaveOptions half;
  half.type = torch::kFloat16;
  convert_stable_diffusion(folder / "model", folder / "half", ModelLayout::kDiffusers, half);
  const NamedTensors full = load_safetensors(folder / "model" / kUNetFile).tensors;
  for (const auto& [name, tensor] : load_safetensors(folder / "half" / kUNetFile).tensors) {
    EXPECT_EQ(tensor.scalar_type(), torch::kFloat16);
    EXPECT_TRUE(torch::equal(tensor, full.at(name).to(torch::kFloat16))) << name;
  }
  EXPECT_ERSATZ_ERROR(
      convert_stable_diffusion(folder / "model", folder / "half", ModelLayout::kDiffusers),
      ExitCode::kUsage, "exists already");
}

}  // namespace
}  // namespace ersatz::models
