// Pictures of a class by the model itself, before it learns an instance of it: what prior
// preservation holds on to (Ruiz et al. 2023, section 3.2).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "data/images/rgb_image.h"
#include "generate/diffusion/tokenizer/clip_tokenizer.h"
#include "models/diffusion/stable_diffusion.h"

namespace ersatz::train {

// 50 steps and guidance 7.5 are diffusers' defaults, as are 100 pictures.
struct ClassPictureRequest {
  std::string prompt;  // "a photo of a dog"
  std::int64_t count = 100;
  std::int64_t side = 512;  // px
  std::int64_t steps = 50;
  double guidance = 7.5;
  std::uint64_t seed = 0;  // picture k is made with seed + k
  std::int64_t batch_size = 4;
  std::string model;  // digest: what tells the model from others
};

// The pictures, from `folder` (00000.png, ...) as far as they are there whole and are of the same
// prompt, model and settings; the others are made with the model's own scheduler and written there,
// batch by batch. So an interrupted call goes on, and `count` can be raised. Picture k depends on
// `seed` + k alone. The model is not changed. Error::usage for a request that makes no pictures or
// a folder with pictures of another request, naming the first setting that differs; errors of
// generate::sample; Interrupted between steps.
std::vector<data::RgbImage> class_pictures(models::StableDiffusion& model,
                                           generate::ClipTokenizer tokenizer,
                                           const ClassPictureRequest& request,
                                           const std::filesystem::path& folder);

}  // namespace ersatz::train
