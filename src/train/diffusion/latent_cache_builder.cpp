#include "train/diffusion/latent_cache_builder.h"

#include <fmt/format.h>
#include <torch/nn/module.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <optional>
#include <vector>

#include "compute/parallel.h"
#include "compute/torch_shim.h"
#include "core/digest.h"
#include "core/error.h"
#include "core/file_system.h"
#include "core/log.h"
#include "core/signals.h"
#include "models/safetensors.h"
#include "train/diffusion/latent_cache.h"

namespace ersatz::train {

namespace {

using core::Error;
namespace fs = std::filesystem;
namespace names = latent_cache;

constexpr const char* kKey = "key";
constexpr const char* kPictures = "pictures";
constexpr double kLargestHalf = 65504;

std::string shard_name(std::int64_t shard) {
  return fmt::format("latents-{:05d}.safetensors", shard);
}

std::vector<std::string> all_captions(const data::CaptionedImage& image) {
  std::vector<std::string> captions = {image.caption};
  captions.insert(captions.end(), image.paraphrases.begin(), image.paraphrases.end());
  return captions;
}

// uint8 [H, W, 3] to float32 [3, H, W] in [-1, 1].
torch::Tensor picture_tensor(const data::RgbImage& image) {
  const torch::Tensor bytes = torch::from_blob(const_cast<std::uint8_t*>(image.pixels.data()),
                                               {image.height, image.width, 3}, torch::kUInt8);
  return bytes.permute({2, 0, 1}).to(torch::kFloat32).div_(127.5).sub_(1.0);
}

class ShardWriter {
 public:
  ShardWriter(const LatentCacheContent& content, models::Autoencoder& autoencoder,
              const generate::ClipTokenizer& tokenizer, const LatentCacheBuild& build)
      : content_(content), autoencoder_(autoencoder), tokenizer_(tokenizer), build_(build) {}

  // The tensors of pictures [first, first + count).
  models::NamedTensors encode(std::int64_t first, std::int64_t count) {
    means_.clear();
    log_variances_.clear();
    mirrored_means_.clear();
    mirrored_log_variances_.clear();
    ids_.clear();
    mirror_.clear();
    first_caption_ = {0};
    mirrors_ = 0;
    for (std::int64_t done = 0; done < count; done += build_.batch_size) {
      add_batch(first + done, std::min(build_.batch_size, count - done));
    }
    const auto integers = [](const std::vector<int>& values) {
      return torch::tensor(values, torch::kInt32);
    };
    const auto rows = [&](const std::vector<torch::Tensor>& parts) {
      return parts.empty() ? torch::empty(empty_shape_, torch::kFloat16) : torch::cat(parts);
    };
    return {{names::kMean, rows(means_)},
            {names::kLogVariance, rows(log_variances_)},
            {names::kMirror, integers(mirror_)},
            {names::kMirroredMean, rows(mirrored_means_)},
            {names::kMirroredLogVariance, rows(mirrored_log_variances_)},
            {names::kFirstCaption, integers(first_caption_)},
            {names::kIds, integers(ids_).view({-1, content_.tokens})}};
  }

  std::int64_t cut_captions() const { return cut_; }

 private:
  std::vector<data::CaptionedImage> pictures(std::int64_t first, std::int64_t count) const {
    std::vector<data::CaptionedImage> images(static_cast<std::size_t>(count));
    compute::run_tasks(count, 0, [&](std::int64_t i, float*) {
      images[static_cast<std::size_t>(i)] = content_.images(first + i);
    });
    return images;
  }

  void add_batch(std::int64_t first, std::int64_t count) {
    std::vector<torch::Tensor> plain, mirrored;
    std::int64_t index = first;
    for (const data::CaptionedImage& image : pictures(first, count)) {
      require_size(image.image, index++);
      plain.push_back(picture_tensor(image.image));
      const std::vector<std::string> captions = all_captions(image);
      add_captions(captions);
      const bool mirror =
          content_.mirrored && std::none_of(captions.begin(), captions.end(), speaks_of_sides);
      mirror_.push_back(mirror ? static_cast<int>(mirrors_++) : -1);
      if (mirror) mirrored.push_back(plain.back().flip(2));
    }
    add_latents(plain, first, means_, log_variances_);
    if (!mirrored.empty()) {
      add_latents(mirrored, first, mirrored_means_, mirrored_log_variances_);
    }
  }

  void add_captions(const std::vector<std::string>& captions) {
    for (const std::string& caption : captions) {
      const generate::TokenizedPrompt prompt = tokenizer_.tokenize_padded(caption, content_.tokens);
      for (const std::int64_t id : prompt.ids) ids_.push_back(static_cast<int>(id));
      if (!prompt.truncated.empty() && cut_++ == 0) {
        core::log_warning(fmt::format("a caption of more than {} tokens was cut, lost is \"{}\"",
                                      content_.tokens, prompt.truncated));
      }
    }
    first_caption_.push_back(first_caption_.back() + static_cast<int>(captions.size()));
  }

  void add_latents(const std::vector<torch::Tensor>& pictures, std::int64_t first,
                   std::vector<torch::Tensor>& means, std::vector<torch::Tensor>& log_variances) {
    const torch::Tensor weight = autoencoder_.parameters().front();
    const models::LatentDistribution latent =
        autoencoder_.encode(torch::stack(pictures).to(weight.device(), weight.scalar_type()));
    for (const torch::Tensor& part : {latent.mean, latent.log_variance}) {
      const torch::Tensor largest = part.abs().max().to(torch::kFloat64).cpu();
      // NaN compares false.
      if (!(largest.item<double>() < kLargestHalf)) {
        throw Error::numeric(fmt::format("latents of pictures {} to {}", first,
                                         first + static_cast<std::int64_t>(pictures.size()) - 1),
                             "the autoencoder's output, or too large for float16");
      }
    }
    const auto stored = [](const torch::Tensor& x) {
      return x.to(torch::kFloat16).contiguous().cpu();
    };
    means.push_back(stored(latent.mean));
    log_variances.push_back(stored(latent.log_variance));
    empty_shape_ = means.back().sizes().vec();
    empty_shape_.front() = 0;
  }

  void require_size(const data::RgbImage& image, std::int64_t index) {
    if (width_ == 0) {
      width_ = image.width;
      height_ = image.height;
    }
    const std::int64_t factor = autoencoder_.config().factor();
    if (image.width != width_ || image.height != height_ || image.width % factor != 0 ||
        image.height % factor != 0 || image.width < 1 || image.height < 1) {
      throw Error::usage(
          fmt::format("picture {} is of {}x{} pixels: all must be of one size, a "
                      "multiple of {}",
                      index, image.width, image.height, factor));
    }
  }

  const LatentCacheContent& content_;
  models::Autoencoder& autoencoder_;
  const generate::ClipTokenizer& tokenizer_;
  const LatentCacheBuild& build_;
  std::vector<torch::Tensor> means_, log_variances_, mirrored_means_, mirrored_log_variances_;
  std::vector<int> ids_, mirror_, first_caption_;
  std::vector<std::int64_t> empty_shape_;
  std::int64_t mirrors_ = 0, cut_ = 0;
  int width_ = 0, height_ = 0;
};

// Shape [C, h, w] of the latents in a shard that is whole and belongs to this cache.
std::optional<std::vector<std::int64_t>> shape_of_shard(
    const fs::path& file, const std::map<std::string, std::string>& metadata, std::int64_t count) {
  if (!fs::exists(file)) return std::nullopt;
  try {
    const models::Safetensors shard = models::load_safetensors(file);
    if (shard.metadata != metadata) {
      core::log_info(fmt::format("{} holds other latents: encoding again", file.string()));
      return std::nullopt;
    }
    const torch::Tensor& mean = shard.tensors.at(names::kMean);
    if (mean.dim() != 4 || mean.size(0) != count) throw std::out_of_range("latents");
    return std::vector<std::int64_t>{mean.size(1), mean.size(2), mean.size(3)};
  } catch (const std::exception& error) {
    core::log_warning(
        fmt::format("{} is damaged, encoding its pictures again: {}", file.string(), error.what()));
    return std::nullopt;
  }
}

// Digest of a shard as it was when it was written: what an index tells, if there is one.
std::string recorded_digest(const fs::path& folder, const std::string& shard) {
  const fs::path sidecar = (folder / shard).concat(".sha256");
  return fs::exists(sidecar) ? core::read_file(sidecar) : std::string();
}

}  // namespace

bool speaks_of_sides(std::string_view caption) {
  std::string word;
  for (std::size_t i = 0; i <= caption.size(); ++i) {
    const auto c = static_cast<unsigned char>(i < caption.size() ? caption[i] : ' ');
    if (std::isalpha(c) != 0) {
      word += static_cast<char>(std::tolower(c));
      continue;
    }
    if (word == "left" || word == "right") return true;
    word.clear();
  }
  return false;
}

std::string module_digest(const torch::nn::Module& module) {
  core::Sha256 digest;
  compute::for_each_parameter(module, [&](const std::string& name, const torch::Tensor& tensor) {
    const torch::Tensor plain = tensor.detach().cpu().contiguous();
    digest.update(fmt::format("{} {} [{}]\n", name, c10::toString(plain.scalar_type()),
                              fmt::join(plain.sizes(), ",")));
    digest.update(plain.data_ptr(), static_cast<std::size_t>(plain.nbytes()));
  });
  return digest.hex();
}

void build_latent_cache(const fs::path& folder, const core::Json& key,
                        const LatentCacheContent& content, models::Autoencoder& autoencoder,
                        const generate::ClipTokenizer& tokenizer, const LatentCacheBuild& build) {
  if (content.count < 1 || content.tokens < 2 || build.shard_size < 1 || build.batch_size < 1) {
    throw Error::usage("latents need at least one picture, two tokens and sizes of one or more");
  }
  core::make_directories(folder);
  const torch::NoGradGuard no_grad;
  ShardWriter writer(content, autoencoder, tokenizer, build);
  core::Json digests = core::Json::object();
  std::vector<std::int64_t> shape;
  const std::int64_t shards = (content.count + build.shard_size - 1) / build.shard_size;
  for (std::int64_t s = 0; s < shards; ++s) {
    const std::int64_t first = s * build.shard_size;
    const std::int64_t count = std::min(build.shard_size, content.count - first);
    const std::string name = shard_name(s);
    const fs::path file = folder / name, sidecar = (folder / name).concat(".sha256");
    const std::map<std::string, std::string> metadata = {
        {kKey, core::canonical_json(key)}, {kPictures, fmt::format("{}-{}", first, first + count)}};
    std::string digest = recorded_digest(folder, name);
    std::optional<std::vector<std::int64_t>> whole;
    if (!digest.empty() && fs::exists(file) && core::sha256_file(file) != digest) {
      core::log_warning(
          fmt::format("{} has changed since it was written: encoding its pictures "
                      "again",
                      file.string()));
    } else if (!digest.empty()) {
      whole = shape_of_shard(file, metadata, count);
    }
    if (!whole) {
      const models::NamedTensors tensors = writer.encode(first, count);
      models::save_safetensors(file, tensors, metadata);
      digest = core::sha256_file(file);
      core::write_file_atomic(sidecar, digest);
      const torch::Tensor& mean = tensors.at(names::kMean);
      whole = std::vector<std::int64_t>{mean.size(1), mean.size(2), mean.size(3)};
    }
    if (s > 0 && *whole != shape) {
      throw Error::usage(
          fmt::format("pictures from {} on have another size than those before", first));
    }
    shape = *whole;
    digests[name] = digest;
    if (build.progress != nullptr) build.progress->set(first + count);
    core::stop_point();
  }
  if (writer.cut_captions() > 0) {
    core::log_warning(
        fmt::format("{} captions were cut at {} tokens", writer.cut_captions(), content.tokens));
  }
  core::write_json(folder / names::kIndex, {{"format", 1},
                                            {"key", key},
                                            {"pictures", content.count},
                                            {"shard_size", build.shard_size},
                                            {"shape", shape},
                                            {"tokens", content.tokens},
                                            {"scaling_factor", autoencoder.config().scaling_factor},
                                            {"shards", digests}});
}

}  // namespace ersatz::train
