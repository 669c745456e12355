#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <fstream>
#include <set>

#include "core/file_system.h"
#include "core/json.h"
#include "models/diffusion/architecture.h"
#include "models/diffusion/byte_vocabulary.h"
#include "models/diffusion/finite.h"
#include "models/diffusion/model_files.h"
#include "models/diffusion/random_stable_diffusion.h"
#include "support/test_support.h"

namespace ersatz::models {
namespace {

TEST(RandomModel, DependsOnTheSeedOnly) {
  const StableDiffusion model = random_stable_diffusion("tiny", 7);
  test::expect_same_networks(model, random_stable_diffusion("tiny", 7));
  const StableDiffusion other = random_stable_diffusion("tiny", 8);
  EXPECT_FALSE(torch::equal(model.unet->named_parameters()["conv_in.weight"],
                            other.unet->named_parameters()["conv_in.weight"]));
  const torch::Tensor kernel =
      model.unet->named_parameters()["mid_block.resnets.0.conv1.weight"];  // [64, 64, 3, 3]
  EXPECT_NEAR(kernel.std().item<double>(), 1.0 / 24.0, 1e-3);
  EXPECT_TRUE(kernel.is_contiguous(torch::MemoryFormat::ChannelsLast));
  EXPECT_EQ(model.unet->named_parameters()["conv_norm_out.weight"].min().item<float>(), 1.0F);
}

TEST(RandomModel, EveryStageGivesRealisticNumbers) {
  const torch::NoGradGuard no_grad;
  for (const char* name : {"tiny", "tiny-inpaint", "mini", "mini-sd2"}) {
    SCOPED_TRACE(name);
    const StableDiffusion model = random_stable_diffusion(name, 0);
    const torch::Tensor context =
        model.text_encoder->forward(torch::arange(437, 514).unsqueeze(0)).last_hidden;
    const torch::Tensor latents = torch::randn({1, model.unet->config().in_channels, 8, 8});
    const torch::Tensor noise = model.unet->forward(latents, torch::full({1}, 981.0F), context);
    const torch::Tensor image = model.autoencoder->decode(noise / 0.18215);
    for (const torch::Tensor& output : {context, noise, image}) {
      EXPECT_TRUE(all_finite(output));
      EXPECT_GT(output.std().item<double>(), 0.05);
      EXPECT_LT(output.abs().max().item<double>(), 100.0);
    }
  }
}

TEST(RandomModel, UnknownArchitecturesAreSuggested) {
  EXPECT_ERSATZ_ERROR(random_stable_diffusion("sd14", 0), core::ExitCode::kUsage, "sd15");
}

TEST(ByteVocabulary, HasEveryByteOnceInsideAndOnceAtTheEndOfAWord) {
  const test::TemporaryFolder folder;
  write_byte_vocabulary(folder.path());
  const core::Json vocabulary = core::read_json(folder / "vocab.json");
  ASSERT_EQ(static_cast<std::int64_t>(vocabulary.size()), kByteVocabularySize);
  std::set<int> ids;
  int endings = 0;
  for (const auto& [token, id] : vocabulary.items()) {
    ids.insert(id.get<int>());
    endings += token.size() > 4 && token.substr(token.size() - 4) == "</w>" ? 1 : 0;
  }
  EXPECT_EQ(endings, 256);
  EXPECT_EQ(static_cast<std::int64_t>(ids.size()), kByteVocabularySize);
  EXPECT_EQ(*ids.rbegin(), kByteVocabularySize - 1);
  EXPECT_EQ(vocabulary.at("<|endoftext|>"), 513);
  // The order of CLIP's own vocabulary.
  EXPECT_EQ(vocabulary.at("!"), 0);
  EXPECT_EQ(vocabulary.at("!</w>"), 256);
  EXPECT_EQ(vocabulary.at("\xc4\xa0"), 220);  // a space
  for (const char* name : {"tiny", "mini", "mini-sd2"}) {
    EXPECT_EQ(architecture(name).text.vocabulary, kByteVocabularySize);
  }
}

TEST(Finite, FindsASingleNumberThatIsNot) {
  for (const auto type : {torch::kFloat32, torch::kFloat16, torch::kBFloat16, torch::kFloat64}) {
    torch::Tensor tensor = torch::full({3, 1001}, -6e4).to(type);
    EXPECT_TRUE(all_finite(tensor));
    EXPECT_TRUE(all_finite(tensor.t()));
    for (const double bad :
         {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(),
          -std::numeric_limits<double>::infinity()}) {
      for (const std::int64_t at : {0, 1000, 3002}) {
        torch::Tensor changed = tensor.clone();
        changed.view(-1)[at] = bad;
        EXPECT_FALSE(all_finite(changed)) << type << " " << at;
      }
    }
  }
  EXPECT_TRUE(all_finite(torch::full({5}, std::numeric_limits<std::int64_t>::max())));
  EXPECT_TRUE(all_finite(torch::empty({0})));
}

}  // namespace
}  // namespace ersatz::models
