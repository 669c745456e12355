// Fine-tuning on a GPU: losses follow those of the CPU, in bfloat16 too, and what is learned stays
// in float32.
#include <gtest/gtest.h>
#include <torch/nn/module.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "cuda/cuda_fixture.h"
#include "support/test_support.h"
#include "train/diffusion/captioned_latents.h"
#include "train/fine_tuning/fine_tuning_fixture.h"
#include "train/fine_tuning/fine_tuning_step.h"

namespace ersatz::train {
namespace {

class CudaFineTuning : public test::Cuda {
 protected:
  void SetUp() override {
    test::Cuda::SetUp();
    if (IsSkipped()) return;
    const FineTuningPictures pictures = test::disc_pictures(true);
    own_ = latents("own", pictures.instance);
    class_ = latents("class", pictures.prior);
  }

  std::unique_ptr<LatentCache> latents(const char* name,
                                       const std::vector<data::CaptionedImage>& pictures) {
    test::SmallModel model(folder_.path());
    return std::make_unique<LatentCache>(captioned_latents(folder_ / name, name, pictures, 77,
                                                           false, *model.networks().autoencoder,
                                                           model.tokenizer()));
  }

  std::vector<double> losses(const FineTuningTraining& training, const c10::Device& device) {
    test::SmallModel model(folder_.path());
    models::StableDiffusion& networks = model.networks();
    test::move_to(*networks.unet, device, torch::kFloat32);
    test::move_to(*networks.text_encoder, device, torch::kFloat32);
    networks.device = device;
    FineTuningStep step(networks, *own_, class_.get(),
                        model.tokenizer().tokenize_padded("", 77).ids, training, 5, BatchShare{});
    std::vector<double> all;
    for (std::int64_t i = 0; i < 8; ++i) {
      all.push_back(step.update(i, training.learning_rate.base).total.cpu().item<double>());
    }
    for (const auto& item : step.state()) EXPECT_EQ(item.second.scalar_type(), torch::kFloat32);
    return all;
  }

  test::TemporaryFolder folder_;
  std::unique_ptr<LatentCache> own_, class_;
};

TEST_F(CudaFineTuning, FollowsTheCpu) {
  for (FineTuningTraining training : {test::small_dreambooth(8), test::small_lora(8)}) {
    training.train_text_encoder = true;
    training.accumulation = 2;
    const std::vector<double> expected = losses(training, torch::kCPU);
    for (const auto& [type, tolerance] :
         {std::pair<const char*, double>{"fp32", 2e-3}, {"bf16", 2e-2}}) {
      training.dtype = type;
      const std::vector<double> found = losses(training, device_);
      for (std::size_t i = 0; i < found.size(); ++i) {
        EXPECT_NEAR(found[i], expected[i], tolerance * expected[i]) << type << " step " << i;
      }
    }
  }
}

}  // namespace
}  // namespace ersatz::train
