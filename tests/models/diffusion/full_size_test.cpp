// The full-size topology with random weights: how long making, saving and loading take, and how
// much memory a loaded model occupies.
#include <gtest/gtest.h>
#include <malloc.h>
#include <torch/torch.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <fstream>

#include "compute/threads.h"
#include "models/diffusion/finite.h"
#include "models/diffusion/model_files.h"
#include "models/diffusion/random_stable_diffusion.h"
#include "models/diffusion/save_stable_diffusion.h"
#include "models/diffusion/stable_diffusion.h"
#include "support/test_support.h"

namespace ersatz::models {
namespace {

double resident_gigabytes() {
  std::ifstream file("/proc/self/statm");
  std::int64_t pages = 0, resident = 0;
  file >> pages >> resident;
  return static_cast<double>(resident * ::sysconf(_SC_PAGESIZE)) * 1e-9;
}

template <typename Work>
double seconds(const char* what, Work work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  std::printf("%-32s %6.2f s, %.2f GB resident\n", what, took.count(), resident_gigabytes());
  return took.count();
}

TEST(FullSize, StableDiffusion15) {
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
    EXPECT_GT(resident_gigabytes() - before, 1.0);
    // 1.07e9 weights of two bytes each, once: views of the file or copies, not both.
    EXPECT_LT(resident_gigabytes() - before, 2.3);
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
    EXPECT_LT(resident_gigabytes() - before, 2.3);
  });
}

}  // namespace
}  // namespace ersatz::models
