// The full-size topology with random weights: how long making, saving and loading take, and how
// much memory a loaded model occupies.
#include <gtest/gtest.h>
#include <malloc.h>
#include <torch/types.h>

#include <chrono>
#include <cstdio>

#include "compute/threads.h"
#include "models/diffusion/finite.h"
#include "models/diffusion/model_files.h"
#include "models/diffusion/random_stable_diffusion.h"
#include "models/diffusion/save_stable_diffusion.h"
#include "models/diffusion/stable_diffusion.h"
#include "support/process_memory.h"
#include "support/sanitizer.h"
#include "support/test_support.h"

namespace ersatz::models {
namespace {

double resident_gigabytes() { return 1e-9 * static_cast<double>(test::resident_bytes()); }

template <typename Work>
double seconds(const char* what, Work work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  std::printf("%-32s %6.2f s, %.2f GB resident\n", what, took.count(), resident_gigabytes());
  return took.count();
}

TEST(FullSize, StableDiffusion15) {
  if (test::kAddressSanitizer) GTEST_SKIP() << "a sanitizer's memory would count, too";
  compute::use_threads();
  const test::TemporaryFolder folder;
  SaveOptions half;
  half.type = torch::kFloat16;
  half.byte_tokenizer = true;
  {
    StableDiffusion model;
    EXPECT_LT(seconds("random weights", [&] { model = random_stable_diffusion("sd15", 0); }), 60);
    seconds("save as float16", [&] { save_stable_diffusion(model, folder / "half", half); });
  }
  ::malloc_trim(0);  // what was freed would count as resident, and be used again
  const double before = resident_gigabytes();
  LoadOptions options;
  options.weights_type = torch::kFloat16;
  {
    StableDiffusion model;
    seconds("load, weights in float16",
            [&] { model = load_stable_diffusion(folder / "half", options); });
    EXPECT_LT(resident_gigabytes() - before, 0.2) << "views of the file";
  }
  ::malloc_trim(0);
  {
    StableDiffusion model;
    seconds("load, weights in float32", [&] { model = load_stable_diffusion(folder / "half"); });
    EXPECT_LT(resident_gigabytes() - before, 4.4);
    bool finite = true;
    seconds("look for NaN once more", [&] {
      for (const torch::Tensor& parameter : model.unet->parameters()) {
        finite = finite && all_finite(parameter);
      }
    });
    EXPECT_TRUE(finite);
  }
  ::malloc_trim(0);
  seconds("convert to a single file", [&] {
    convert_stable_diffusion(folder / "half", folder / "one.safetensors", ModelLayout::kSingleFile);
  });
  ::malloc_trim(0);
  LoadOptions single;
  single.weights_type = torch::kFloat16;
  seconds("load the single file", [&] {
    const StableDiffusion model = load_stable_diffusion(folder / "one.safetensors", single);
    EXPECT_EQ(model.text_encoder->config().heads, 12);
    EXPECT_LT(resident_gigabytes() - before, 0.2);
  });
  ::malloc_trim(0);
  LoadOptions on_demand;
  on_demand.on_demand = true;
  StableDiffusion model;
  seconds("load, to be converted later",
          [&] { model = load_stable_diffusion(folder / "half", on_demand); });
  EXPECT_LT(resident_gigabytes() - before, 0.2);
  // 860 million weights of four bytes each, once.
  seconds("bring the UNet in", [&] { model.unet->bring_in(); });
  EXPECT_GT(resident_gigabytes() - before, 3.4);
  EXPECT_LT(resident_gigabytes() - before, 3.6);
  seconds("set it aside", [&] { model.unet->set_aside(); });
  EXPECT_LT(resident_gigabytes() - before, 0.2);
  EXPECT_LT(seconds("bring it in again", [&] { model.unet->bring_in(); }), 10);
}

}  // namespace
}  // namespace ersatz::models
