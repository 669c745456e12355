#include "assets/scene_judges.h"

#include <torch/autograd.h>
#include <torch/utils.h>

#include <utility>

#include "compute/direct_conv.h"
#include "support/test_support.h"
#include "train/adam.h"
#include "train/photo_classifier_trainer.h"

namespace ersatz::test {

namespace {

constexpr std::uint64_t kSeed = 4242;  // no training of a model uses it

torch::Tensor tensor_of(const data::RgbImage& image) {
  const torch::Tensor bytes = torch::empty({image.height, image.width, 3}, torch::kUInt8);
  std::copy(image.pixels.begin(), image.pixels.end(), bytes.data_ptr<std::uint8_t>());
  return bytes.permute({2, 0, 1}).to(torch::kFloat32).div_(127.5).sub_(1.0);
}

std::vector<std::string> names_of(const std::vector<data::SceneKind>& kinds) {
  std::vector<std::string> names;
  for (const data::SceneKind kind : kinds) names.emplace_back(data::scene_kind_name(kind));
  return names;
}

struct FruitScene {
  torch::Tensor picture, mask;  // [3, H, W], float [H, W]
};

FruitScene fruit_scene(std::int64_t index) {
  const data::Scene scene = data::draw_scene({}, kSeed, index);
  const torch::Tensor mask = torch::empty({scene.image.height, scene.image.width});
  float* to = mask.data_ptr<float>();
  for (const std::uint16_t instance : scene.instances) *to++ = instance > 0 ? 1.0F : 0.0F;
  return {tensor_of(scene.image), mask};
}

}  // namespace

AttributeJudge::AttributeJudge(data::SceneKind kind, const std::string& attribute,
                               std::vector<std::string> values, const data::SceneAttributes& fixed)
    : AttributeJudge(values, [&](std::size_t value, std::int64_t index) {
        data::SceneRequest request;
        request.kind = kind;
        request.fixed = fixed;
        request.fixed[attribute] = values[value];
        return data::draw_scene(request, kSeed, index).image;
      }) {}

AttributeJudge::AttributeJudge(const std::vector<data::SceneKind>& kinds)
    : AttributeJudge(names_of(kinds), [&](std::size_t value, std::int64_t index) {
        data::SceneRequest request;
        request.kind = kinds[value];
        return data::draw_scene(request, kSeed, index).image;
      }) {}

AttributeJudge::AttributeJudge(std::vector<std::string> values, const Picture& picture)
    : values_(std::move(values)) {
  const auto scenes = [&](std::int64_t first, std::int64_t count) {
    std::vector<std::uint8_t> labels;
    const auto classes = static_cast<std::int64_t>(values_.size());
    for (std::int64_t i = 0; i < count; ++i)
      labels.push_back(static_cast<std::uint8_t>(i % classes));
    return data::prepare_photos(
        values_, labels,
        [&](std::int64_t i) { return picture(labels[static_cast<std::size_t>(i)], first + i); },
        {kSide, kSide});
  };
  const TemporaryFolder folder;
  train::PhotoTraining training;
  training.network.name = "resnet10";
  training.network.width = 16;
  training.augmentation.rotation = 5;
  training.augmentation.vertical_flip = 0;
  training.epochs = 8;
  training.learning_rate.base = 3e-3;
  train::TrainingRun run;
  run.checkpoint_folder = folder / "checkpoints";
  run.seed = 1;
  run.checkpoint_every = 100'000;
  const data::PhotoSet held_out = scenes(10'000, 300);
  train::train_photo_classifier(scenes(0, 3000), held_out, training, run, folder / "judge");
  classifier_ = models::load_image_classifier(folder / "judge");
  accuracy_ = share_right(held_out);
}

double AttributeJudge::share_right(const data::PhotoSet& photos) const {
  return train::evaluate_photos(*classifier_.network, photos,
                                data::pixel_scaling(classifier_.description.scaling))
      .accuracy;
}

train::PhotoFeatures AttributeJudge::features(const data::PhotoSet& photos) const {
  return train::photo_features(*classifier_.network, photos,
                               data::pixel_scaling(classifier_.description.scaling));
}

FruitSegmenter::FruitSegmenter() {
  // A small U: 64 px, 32, 16, and back to 32.
  const std::int64_t in[] = {3, 16, 32, 32, 48, 80, 32}, out[] = {16, 32, 32, 48, 48, 32, 16};
  torch::manual_seed(7);
  std::vector<train::AdamParameter> parameters;
  for (std::size_t i = 0; i < 7; ++i) {
    const double scale = std::sqrt(2.0 / static_cast<double>(9 * in[i]));
    kernels_.push_back((torch::randn({out[i], in[i], 3, 3}) * scale).requires_grad_());
    biases_.push_back(torch::zeros({out[i]}).requires_grad_());
    parameters.push_back({"kernel" + std::to_string(i), kernels_.back(), true});
    parameters.push_back({"bias" + std::to_string(i), biases_.back(), false});
  }
  train::Adam adam(parameters, {});
  constexpr std::int64_t kSteps = 400, kBatch = 8;
  for (std::int64_t step = 0; step < kSteps; ++step) {
    std::vector<torch::Tensor> pictures, masks;
    for (std::int64_t i = 0; i < kBatch; ++i) {
      const FruitScene scene = fruit_scene(step * kBatch + i);
      pictures.push_back(scene.picture);
      masks.push_back(scene.mask);
    }
    const torch::Tensor wanted = torch::avg_pool2d(torch::stack(masks).unsqueeze(1), 4).squeeze(1);
    const torch::Tensor loss =
        torch::binary_cross_entropy_with_logits(logits(torch::stack(pictures)), wanted);
    loss.backward();
    adam.step(4e-3 * (1.0 - static_cast<double>(step) / kSteps));
  }
  for (std::vector<torch::Tensor>* tensors : {&kernels_, &biases_}) {
    for (torch::Tensor& tensor : *tensors) tensor.requires_grad_(false);
  }
  constexpr int kHeldOut = 40;
  for (int i = 0; i < kHeldOut; ++i) {
    const FruitScene scene = fruit_scene(100'000 + i);
    iou_ += test::intersection_over_union(object_of(scene.picture), scene.mask > 0.5) / kHeldOut;
  }
}

// At a quarter of the pictures' resolution.
torch::Tensor FruitSegmenter::logits(const torch::Tensor& pictures) const {
  const auto layer = [&](const torch::Tensor& x, std::size_t i, std::int64_t stride) {
    return compute::direct_conv2d(x, kernels_[i], stride, 1) + biases_[i].view({1, -1, 1, 1});
  };
  const torch::Tensor small = torch::avg_pool2d(pictures, 2);
  const torch::Tensor fine = layer(layer(layer(small, 0, 1).relu(), 1, 2).relu(), 2, 1).relu();
  const torch::Tensor coarse = layer(layer(fine, 3, 2).relu(), 4, 1).relu();
  const torch::Tensor joined =
      torch::cat({torch::upsample_nearest2d(coarse, {fine.size(2), fine.size(3)}), fine}, 1);
  return layer(layer(joined, 5, 1).relu(), 6, 1).select(1, 0);
}

torch::Tensor FruitSegmenter::object_of(const torch::Tensor& picture) const {
  const torch::NoGradGuard no_grad;
  const torch::Tensor coarse = logits(picture.unsqueeze(0)).unsqueeze(1);
  return torch::upsample_bilinear2d(coarse, {picture.size(1), picture.size(2)}, false)[0][0] > 0;
}

torch::Tensor FruitSegmenter::mask(const data::RgbImage& picture) const {
  return object_of(tensor_of(picture));
}

double intersection_over_union(const torch::Tensor& a, const torch::Tensor& b) {
  const auto all = (a | b).sum().item<double>();
  return all == 0 ? 1 : (a & b).sum().item<double>() / all;
}

}  // namespace ersatz::test
