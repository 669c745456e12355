#include "models/segmentation/small_segmenter.h"

#include <fmt/format.h>
#include <torch/types.h>

#include <cmath>
#include <fstream>
#include <utility>

#include "core/error.h"
#include "core/json.h"
#include "models/initialise.h"
#include "models/module_state.h"
#include "models/options_metadata.h"
#include "models/safetensors.h"

namespace ersatz::models {
namespace {

constexpr const char* kKind = "small-segmenter";
constexpr std::int64_t kLevels = 4;
constexpr std::int64_t kMostClasses = 1000, kMostWidth = 1024;

void check(const SmallSegmenterOptions& options) {
  const auto classes = static_cast<std::int64_t>(options.classes.size());
  if (classes < 1 || classes > kMostClasses) {
    throw core::Error::usage(fmt::format("a segmenter of {} classes", classes));
  }
  if (options.width < 1 || options.width > kMostWidth) {
    throw core::Error::usage(fmt::format("a segmenter of {} channels", options.width));
  }
}

torch::Tensor joined(const torch::Tensor& coarse, const torch::Tensor& fine) {
  return torch::cat({torch::upsample_nearest2d(coarse, {fine.size(2), fine.size(3)}), fine}, 1);
}

}  // namespace

SmallSegmenter::SmallSegmenter(const SmallSegmenterOptions& options, std::uint64_t seed)
    : options_(options) {
  check(options_);
  std::int64_t in = 3;
  for (std::int64_t level = 1; level <= kLevels; ++level) {
    const std::int64_t out = level * options_.width;
    down_.push_back(layer(fmt::format("down{}a", level), in, out, 2, seed));
    down_.push_back(layer(fmt::format("down{}b", level), out, out, 1, seed));
    in = out;
  }
  for (std::int64_t level = kLevels - 1; level >= 1; --level) {
    const std::int64_t out = level * options_.width;
    up_.push_back(layer(fmt::format("up{}", level), in + out, out, 1, seed));
    in = out;
  }
  const std::int64_t answers = static_cast<std::int64_t>(options_.classes.size()) + 2;
  head_ = register_parameter("head_weight", glorot_weights({answers, in, 1, 1}, seed, "head"));
  head_bias_ = register_parameter("head_bias", torch::zeros({answers}));
}

ConvNorm SmallSegmenter::layer(const std::string& name, std::int64_t in, std::int64_t out,
                               std::int64_t stride, std::uint64_t seed) {
  const double deviation = std::sqrt(2.0 / static_cast<double>(9 * in));
  auto conv = std::make_shared<ConvLayer>(
      normal_weights({out, in, 3, 3}, deviation, seed, "small-segmenter/" + name), stride, 1);
  auto norm = std::make_shared<NormLayer>(out);
  return {register_module(name + "_conv", conv), register_module(name + "_norm", norm)};
}

SmallSegmenter::Answer SmallSegmenter::forward(const torch::Tensor& pictures) {
  constexpr std::int64_t kFactor = std::int64_t{1} << kLevels;
  if (pictures.size(2) % kFactor != 0 || pictures.size(3) % kFactor != 0) {
    throw core::Error::usage(
        fmt::format("a segmenter cannot look at {} x {} px: sides must be "
                    "multiples of {}",
                    pictures.size(3), pictures.size(2), kFactor));
  }
  std::vector<torch::Tensor> levels;
  torch::Tensor x = pictures.contiguous(torch::MemoryFormat::ChannelsLast);
  for (std::size_t level = 0; level < static_cast<std::size_t>(kLevels); ++level) {
    x = down_[2 * level].forward(x, true);
    x = down_[2 * level + 1].forward(x, true);
    levels.push_back(x);
  }
  for (std::size_t i = 0; i < up_.size(); ++i) {
    x = up_[i].forward(joined(x, levels[levels.size() - 2 - i]), true);
  }
  const torch::Tensor answers = torch::conv2d(x, head_, head_bias_);
  const auto classes = static_cast<std::int64_t>(options_.classes.size()) + 1;
  return {answers.narrow(1, 0, classes), answers.select(1, classes)};
}

void save_small_segmenter(const std::filesystem::path& path, const SmallSegmenter& network) {
  MetadataWriter writer(kKind);
  std::int64_t width = network.options().width;
  writer("width", width);
  std::map<std::string, std::string> metadata = writer.metadata();
  metadata["class_names"] = core::Json(network.options().classes).dump();
  save_safetensors(path, module_state(network), metadata);
}

std::shared_ptr<SmallSegmenter> load_small_segmenter(const std::filesystem::path& path) {
  const Safetensors file = load_safetensors(path);
  SmallSegmenterOptions options;
  MetadataReader reader(kKind, file.metadata, path);
  reader("width", options.width);
  const auto names = file.metadata.find("class_names");
  const core::Json list = names == file.metadata.end()
                              ? core::Json()
                              : core::Json::parse(names->second, nullptr, false);
  if (!list.is_array()) throw core::Error::untrusted(path, "metadata 'class_names' is no list");
  for (const core::Json& name : list) {
    if (!name.is_string()) throw core::Error::untrusted(path, "a class name is no text");
    options.classes.push_back(name.get<std::string>());
  }
  if (options.width < 1 || options.width > kMostWidth || options.classes.empty() ||
      static_cast<std::int64_t>(options.classes.size()) > kMostClasses) {
    throw core::Error::untrusted(path, "its metadata describes no segmenter");
  }
  require_shape(file.tensors, "down1a_conv.weight", {options.width, 3, 3, 3}, path);
  auto network = std::make_shared<SmallSegmenter>(options, 0);
  load_module_state(*network, file.tensors, path);
  network->eval();
  return network;
}

bool is_small_segmenter(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return false;
  if (path.extension() != ".safetensors") return false;
  // The metadata stands at the beginning, before the tensors' names.
  std::ifstream file(path, std::ios::binary);
  std::string begin(4096, '\0');
  file.read(begin.data(), static_cast<std::streamsize>(begin.size()));
  begin.resize(static_cast<std::size_t>(file.gcount()));
  return begin.find(std::string("\"network\":\"") + kKind + '"') != std::string::npos;
}

}  // namespace ersatz::models
