#include "train/diffusion/latent_cache.h"

#include <fmt/format.h>
#include <torch/types.h>

#include <algorithm>
#include <limits>

#include "core/digest.h"
#include "core/error.h"

namespace ersatz::train {

namespace {

using core::Error;
namespace fs = std::filesystem;
namespace names = latent_cache;

const torch::Tensor& take(const models::Weights& file, const char* name, c10::ScalarType type,
                          const std::vector<std::int64_t>& shape) {
  const auto found = file.tensors.find(name);
  // -1: any number of rows.
  const auto fits = [&](const torch::Tensor& tensor) {
    if (tensor.dim() != static_cast<std::int64_t>(shape.size())) return false;
    for (std::size_t i = 0; i < shape.size(); ++i) {
      if (shape[i] >= 0 && tensor.size(static_cast<std::int64_t>(i)) != shape[i]) return false;
    }
    return tensor.scalar_type() == type && tensor.is_contiguous();
  };
  if (found == file.tensors.end() || !fits(found->second)) {
    throw Error::untrusted(file.file, fmt::format("tensor '{}' is missing or of another shape or "
                                                  "type than [{}]",
                                                  name, fmt::join(shape, ", ")));
  }
  return found->second;
}

std::vector<std::int64_t> with_rows(std::int64_t rows, const std::vector<std::int64_t>& shape) {
  std::vector<std::int64_t> all = {rows};
  all.insert(all.end(), shape.begin(), shape.end());
  return all;
}

// Every number of int32 `values` in [least, most].
void require_range(const torch::Tensor& values, std::int64_t least, std::int64_t most,
                   const fs::path& file, const char* name) {
  const int* data = values.data_ptr<int>();
  const auto [low, high] = std::minmax_element(data, data + values.numel());
  if (values.numel() > 0 && (*low < least || *high > most)) {
    throw Error::untrusted(file, fmt::format("tensor '{}' holds {}, expected {} to {}", name,
                                             *low < least ? *low : *high, least, most));
  }
}

void refuse_other_key(const core::Json& theirs, const core::Json& ours, const fs::path& folder) {
  for (const auto& [name, value] : ours.items()) {
    if (theirs.contains(name) && theirs[name] == value) continue;
    throw Error::usage(
        fmt::format("the latents in {} are others: '{}' is {} there and {} here", folder.string(),
                    name, theirs.contains(name) ? theirs[name].dump() : "absent", value.dump()),
        "remove that folder to encode again");
  }
}

void copy_row(const torch::Tensor& halves, std::int64_t row, std::int64_t width, float* to) {
  const c10::Half* from = halves.data_ptr<c10::Half>() + row * width;
  for (std::int64_t i = 0; i < width; ++i) to[i] = static_cast<float>(from[i]);
}

}  // namespace

LatentCache::LatentCache(const fs::path& folder, const core::Json& key) {
  const fs::path file = folder / names::kIndex;
  if (!fs::exists(file)) {
    throw Error::missing(fmt::format("{} holds no finished latents ({} is missing)",
                                     folder.string(), names::kIndex));
  }
  const core::Json index = core::read_json(file);
  try {
    refuse_other_key(index.at("key"), key, folder);
    size_ = index.at("pictures").get<std::int64_t>();
    shard_size_ = index.at("shard_size").get<std::int64_t>();
    shape_ = index.at("shape").get<std::vector<std::int64_t>>();
    tokens_ = index.at("tokens").get<std::int64_t>();
    scaling_factor_ = index.at("scaling_factor").get<double>();
    if (size_ < 1 || shard_size_ < 1 || shape_.size() != 3 || tokens_ < 1 ||
        index.at("shards").size() !=
            static_cast<std::size_t>((size_ + shard_size_ - 1) / shard_size_)) {
      throw Error::untrusted(file, "sizes that do not fit each other");
    }
    for (const auto& [name, digest] : index.at("shards").items()) {
      const fs::path shard = folder / name;
      const std::string actual = core::sha256_file(shard);
      if (actual != digest.get<std::string>()) {
        throw Error::digest_mismatch(shard, digest.get<std::string>(), actual)
            .with_hint("remove that file: the next encoding makes it again");
      }
      const std::int64_t first = static_cast<std::int64_t>(shards_.size()) * shard_size_;
      shards_.push_back(open_shard(shard, first, std::min(shard_size_, size_ - first)));
    }
  } catch (const core::Json::exception& error) {
    throw Error::untrusted(file, error.what());
  }
}

LatentCache::Shard LatentCache::open_shard(const fs::path& file, std::int64_t first,
                                           std::int64_t count) {
  Shard shard;
  shard.first = first;
  shard.count = count;
  shard.file = models::open_weights(file);
  const auto latents = with_rows(count, shape_), some_latents = with_rows(-1, shape_);
  shard.mean = take(shard.file, names::kMean, torch::kFloat16, latents);
  shard.log_variance = take(shard.file, names::kLogVariance, torch::kFloat16, latents);
  shard.mirror = take(shard.file, names::kMirror, torch::kInt32, {count});
  shard.mirrored_mean = take(shard.file, names::kMirroredMean, torch::kFloat16, some_latents);
  const std::int64_t mirrored = shard.mirrored_mean.size(0);
  shard.mirrored_log_variance =
      take(shard.file, names::kMirroredLogVariance, torch::kFloat16, with_rows(mirrored, shape_));
  shard.first_caption = take(shard.file, names::kFirstCaption, torch::kInt32, {count + 1});
  shard.ids = take(shard.file, names::kIds, torch::kInt32, {-1, tokens_});
  require_range(shard.mirror, -1, mirrored - 1, file, names::kMirror);
  require_range(shard.first_caption, 0, shard.ids.size(0), file, names::kFirstCaption);
  require_range(shard.ids, 0, std::numeric_limits<int>::max(), file, names::kIds);
  if (shard.ids.numel() > 0) {
    const int* ids = shard.ids.data_ptr<int>();
    largest_id_ =
        std::max<std::int64_t>(largest_id_, *std::max_element(ids, ids + shard.ids.numel()));
  }
  const int* captions = shard.first_caption.data_ptr<int>();
  for (std::int64_t i = 0; i < count; ++i) {
    if (captions[i + 1] <= captions[i]) {
      throw Error::untrusted(file, fmt::format("picture {} has no caption", first + i));
    }
  }
  return shard;
}

const LatentCache::Shard& LatentCache::shard_of(std::int64_t index) const {
  if (index < 0 || index >= size_) {
    throw Error::internal(fmt::format("latent {} of {}", index, size_));
  }
  return shards_[static_cast<std::size_t>(index / shard_size_)];
}

std::int64_t LatentCache::captions(std::int64_t index) const {
  const Shard& shard = shard_of(index);
  const int* first = shard.first_caption.data_ptr<int>() + (index - shard.first);
  return first[1] - first[0];
}

bool LatentCache::has_mirror(std::int64_t index) const {
  const Shard& shard = shard_of(index);
  return shard.mirror.data_ptr<int>()[index - shard.first] >= 0;
}

void LatentCache::latent(std::int64_t index, bool mirrored, float* mean,
                         float* log_variance) const {
  const Shard& shard = shard_of(index);
  const std::int64_t width = shape_[0] * shape_[1] * shape_[2];
  const std::int64_t row = index - shard.first;
  if (!mirrored) {
    copy_row(shard.mean, row, width, mean);
    copy_row(shard.log_variance, row, width, log_variance);
    return;
  }
  const std::int64_t mirror = shard.mirror.data_ptr<int>()[row];
  if (mirror < 0) throw Error::internal(fmt::format("latent {} has no mirror image", index));
  copy_row(shard.mirrored_mean, mirror, width, mean);
  copy_row(shard.mirrored_log_variance, mirror, width, log_variance);
}

void LatentCache::ids(std::int64_t index, std::int64_t caption, std::int64_t* ids) const {
  const Shard& shard = shard_of(index);
  const std::int64_t row = shard.first_caption.data_ptr<int>()[index - shard.first] + caption;
  const int* from = shard.ids.data_ptr<int>() + row * tokens_;
  std::copy_n(from, tokens_, ids);
}

}  // namespace ersatz::train
