#include "label/semantic/semantic_segmenter.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>

#include "label/semantic/instance_labels.h"

namespace ersatz::label {
namespace {

// float32 [1, 3, H', W'] in [-1, 1]: the sides rounded up to multiples of 16.
torch::Tensor input_of(const data::RgbImage& picture) {
  const auto up = [](int side) { return (side + 15) / 16 * 16; };
  const int height = up(picture.height), width = up(picture.width);
  const torch::Tensor pixels = torch::empty({1, 3, height, width});
  float* to = pixels.data_ptr<float>();
  for (int c = 0; c < 3; ++c) {
    for (int y = 0; y < height; ++y) {
      const int from_y = std::min(y, picture.height - 1);
      for (int x = 0; x < width; ++x) {
        const int from = from_y * picture.width + std::min(x, picture.width - 1);
        *to++ =
            static_cast<float>(picture.pixels[static_cast<std::size_t>(3 * from + c)]) / 127.5F - 1;
      }
    }
  }
  return pixels;
}

// [C, h, w] at half resolution -> [C, H, W], cut to the picture.
std::vector<float> full_size(const torch::Tensor& shares, const torch::Tensor& input,
                             const data::RgbImage& picture) {
  const torch::Tensor large =
      torch::upsample_bilinear2d(shares.unsqueeze(0), {input.size(2), input.size(3)}, false)[0]
          .slice(1, 0, picture.height)
          .slice(2, 0, picture.width)
          .to(torch::kCPU, torch::kFloat32)
          .contiguous();
  const float* values = large.data_ptr<float>();
  return {values, values + large.numel()};
}

}  // namespace

SemanticSegmenter::SemanticSegmenter(const std::filesystem::path& file, const std::string& name,
                                     const c10::Device& device)
    : network_(models::load_small_segmenter(file)), method_("segmenter/" + name), device_(device) {
  network_->to(device_);
}

std::vector<ObjectLabel> SemanticSegmenter::labels(const data::RgbImage& picture) const {
  const torch::NoGradGuard no_grad;
  const torch::Tensor input = input_of(picture);
  PixelAnswers answers;
  answers.height = picture.height;
  answers.width = picture.width;
  answers.classes = static_cast<std::int64_t>(classes().size());
  {
    const std::lock_guard<std::mutex> lock(guard_);
    const models::SmallSegmenter::Answer answer = network_->forward(input.to(device_));
    answers.of_classes = full_size(answer.classes[0].softmax(0), input, picture);
    answers.interior = full_size(answer.interior.sigmoid(), input, picture);
  }
  return instance_labels(answers, classes(), method_);
}

}  // namespace ersatz::label
