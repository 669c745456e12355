#include "models/diffusion/tiny_autoencoder.h"

#include <fmt/format.h>
#include <torch/nn/module.h>
#include <torch/types.h>

#include <string>
#include <vector>

#include "core/error.h"
#include "models/diffusion/layers/conv2d.h"
#include "models/diffusion/layers/part.h"
#include "models/module_state.h"
#include "models/safetensors.h"

namespace ersatz::models {

namespace {

constexpr std::int64_t kChannels = 64, kImageChannels = 3, kLatentChannels = 4;
constexpr std::int64_t kFactor = 8;
constexpr int kStages = 4, kBlocksPerStage = 3;  // stages at 1, 1/2, 1/4 and 1/8 of the size

// relu(conv(relu(conv(relu(conv(x))))) + x).
class TinyBlock : public torch::nn::Module {
 public:
  TinyBlock() {
    for (const char* path : {"conv.0", "conv.2", "conv.4"}) {
      convs_.push_back(add_part(*this, path, std::make_shared<Conv2d>(kChannels, kChannels)));
    }
  }

  torch::Tensor forward(const torch::Tensor& x) const {
    torch::Tensor h = torch::relu(convs_[0]->forward(x));
    h = torch::relu(convs_[1]->forward(h));
    return torch::relu(convs_[2]->forward(h, {{}, x}));
  }

 private:
  std::vector<std::shared_ptr<Conv2d>> convs_;
};

// A resolution: the convolution that leads to it, and blocks at it.
struct TinyStage {
  std::shared_ptr<Conv2d> conv;
  std::vector<std::shared_ptr<TinyBlock>> blocks;
};

NamedTensors read_half(const std::filesystem::path& file, const std::string& prefix) {
  NamedTensors result;
  for (const auto& [name, tensor] : load_safetensors(file).tensors) {
    result.emplace(prefix + name, tensor);
  }
  return result;
}

// diffusers' AutoencoderTiny has "encoder.layers.N" and "decoder.layers.N", and gives the decoder's
// clamp no number.
NamedTensors read_diffusers(const std::filesystem::path& file) {
  NamedTensors result;
  for (const auto& [name, tensor] : load_safetensors(file).tensors) {
    const bool encoder = name.rfind("encoder.layers.", 0) == 0;
    const bool decoder = name.rfind("decoder.layers.", 0) == 0;
    const std::size_t digits = std::string("encoder.layers.").size();
    const std::size_t dot = name.find('.', digits);
    if ((!encoder && !decoder) || dot == std::string::npos || dot == digits || dot > digits + 2 ||
        name.find_first_not_of("0123456789", digits) != dot) {
      throw core::Error::untrusted(file, fmt::format("unexpected tensor '{}'", name));
    }
    const int number = std::stoi(name.substr(digits, dot - digits)) + (decoder ? 1 : 0);
    result.emplace(
        fmt::format("{}.{}{}", encoder ? "encoder" : "decoder", number, name.substr(dot)), tensor);
  }
  return result;
}

}  // namespace

struct TinyAutoencoder::Parts {
  std::vector<TinyStage> encoder, decoder;
  std::shared_ptr<Conv2d> encoder_out, decoder_out;
};

// Layers are numbered as in the published files, where activations and enlarging count too.
TinyAutoencoder::TinyAutoencoder() : parts_(std::make_unique<Parts>()) {
  int layer = 0;
  const auto add = [&](const char* half, auto part) {
    return add_part(*this, fmt::format("{}.{}", half, layer++), std::move(part));
  };
  const auto add_blocks = [&](TinyStage& stage, const char* half, int count) {
    for (int i = 0; i < count; ++i) {
      stage.blocks.push_back(add(half, std::make_shared<TinyBlock>()));
    }
  };
  const auto between_stages = [](ConvSampling sampling) {
    return std::make_shared<Conv2d>(kChannels, kChannels, sampling, false);
  };

  for (int i = 0; i < kStages; ++i) {
    TinyStage stage;
    stage.conv = add("encoder", i == 0 ? std::make_shared<Conv2d>(kImageChannels, kChannels)
                                       : between_stages(ConvSampling::kHalf));
    add_blocks(stage, "encoder", i == 0 ? 1 : kBlocksPerStage);
    parts_->encoder.push_back(std::move(stage));
  }
  parts_->encoder_out = add("encoder", std::make_shared<Conv2d>(kChannels, kLatentChannels));

  layer = 1;  // 0 is the clamp of the latents
  for (int i = 0; i < kStages; ++i) {
    TinyStage stage;
    stage.conv = add("decoder", i == 0 ? std::make_shared<Conv2d>(kLatentChannels, kChannels)
                                       : between_stages(ConvSampling::kDouble));
    if (i == 0) ++layer;  // a ReLU
    add_blocks(stage, "decoder", i + 1 == kStages ? 1 : kBlocksPerStage);
    if (i + 1 < kStages) ++layer;  // the enlarging before the next convolution
    parts_->decoder.push_back(std::move(stage));
  }
  parts_->decoder_out = add("decoder", std::make_shared<Conv2d>(kChannels, kImageChannels));
}

TinyAutoencoder::~TinyAutoencoder() = default;

torch::Tensor TinyAutoencoder::encode(const torch::Tensor& image) {
  TORCH_CHECK(image.dim() == 4 && image.size(1) == kImageChannels && image.size(2) % kFactor == 0 &&
                  image.size(3) % kFactor == 0,
              "TinyAutoencoder: image must be [B, 3, H, W], sides multiples of 8, got ",
              image.sizes());
  torch::Tensor x = image.contiguous(torch::MemoryFormat::ChannelsLast);
  for (const TinyStage& stage : parts_->encoder) {
    x = stage.conv->forward(x);
    for (const auto& block : stage.blocks) x = block->forward(x);
  }
  return parts_->encoder_out->forward(x).contiguous();
}

torch::Tensor TinyAutoencoder::decode(const torch::Tensor& latents) {
  TORCH_CHECK(latents.dim() == 4 && latents.size(1) == kLatentChannels,
              "TinyAutoencoder: latents must be [B, 4, h, w], got ", latents.sizes());
  // Outliers would bleed over the whole picture: squash them into (-3, 3).
  torch::Tensor x = 3 * torch::tanh(latents.contiguous(torch::MemoryFormat::ChannelsLast) / 3);
  bool first = true;
  for (const TinyStage& stage : parts_->decoder) {
    x = stage.conv->forward(x);
    if (first) x = torch::relu(x);
    first = false;
    for (const auto& block : stage.blocks) x = block->forward(x);
  }
  return parts_->decoder_out->forward(x).clamp(0, 1).contiguous();
}

std::shared_ptr<TinyAutoencoder> load_tiny_autoencoder(const std::filesystem::path& directory) {
  const std::filesystem::path encoder = directory / "taesd_encoder.safetensors",
                              decoder = directory / "taesd_decoder.safetensors",
                              both = directory / "diffusion_pytorch_model.safetensors";
  NamedTensors tensors;
  if (std::filesystem::exists(encoder) || std::filesystem::exists(decoder)) {
    tensors = read_half(encoder, "encoder.");
    tensors.merge(read_half(decoder, "decoder."));
  } else if (std::filesystem::exists(both)) {
    tensors = read_diffusers(both);
  } else {
    throw core::Error::missing(fmt::format("no TAESD weights in {}", directory.string()),
                               "expected taesd_encoder.safetensors and taesd_decoder.safetensors, "
                               "or diffusers' diffusion_pytorch_model.safetensors");
  }
  for (auto& [name, tensor] : tensors) {
    if (!tensor.is_floating_point()) {
      throw core::Error::untrusted(directory, fmt::format("tensor '{}' holds no numbers with a "
                                                          "fraction",
                                                          name));
    }
    tensor = tensor.to(torch::kFloat32);
  }
  auto model = std::make_shared<TinyAutoencoder>();
  load_module_state(*model, tensors, directory);
  model->eval();
  return model;
}

}  // namespace ersatz::models
