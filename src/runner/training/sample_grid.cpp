#include "runner/training/sample_grid.h"

#include <fmt/format.h>
#include <torch/types.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "core/file_system.h"
#include "data/images/png_codec.h"
#include "generate/diffusion/pipeline.h"
#include "generate/diffusion/schedulers/scheduler_config.h"
#include "runner/diffusion/image_tensors.h"

namespace ersatz::runner {

namespace {

constexpr int kGutter = 2;  // px

double saturated_share(const std::vector<std::vector<data::RgbImage>>& rows) {
  std::int64_t saturated = 0, all = 0;
  for (const auto& row : rows) {
    for (const data::RgbImage& picture : row) {
      all += static_cast<std::int64_t>(picture.pixels.size());
      saturated += std::count_if(picture.pixels.begin(), picture.pixels.end(),
                                 [](std::uint8_t value) { return value == 0 || value == 255; });
    }
  }
  return all == 0 ? 0.0 : static_cast<double>(saturated) / static_cast<double>(all);
}

}  // namespace

data::RgbImage tile_pictures(const std::vector<std::vector<data::RgbImage>>& rows) {
  const data::RgbImage& first = rows.at(0).at(0);
  std::size_t columns = 0;
  for (const auto& row : rows) columns = std::max(columns, row.size());
  data::RgbImage sheet;
  sheet.width = static_cast<int>(columns) * (first.width + kGutter) + kGutter;
  sheet.height = static_cast<int>(rows.size()) * (first.height + kGutter) + kGutter;
  sheet.pixels.assign(
      static_cast<std::size_t>(sheet.width) * static_cast<std::size_t>(sheet.height) * 3, 255);
  for (std::size_t r = 0; r < rows.size(); ++r) {
    for (std::size_t c = 0; c < rows[r].size(); ++c) {
      const data::RgbImage& picture = rows[r][c];
      const int left = kGutter + static_cast<int>(c) * (first.width + kGutter);
      const int top = kGutter + static_cast<int>(r) * (first.height + kGutter);
      for (int y = 0; y < picture.height; ++y) {
        const auto from = picture.pixels.begin() + std::ptrdiff_t{3} * y * picture.width;
        std::copy_n(from, 3 * picture.width,
                    sheet.pixels.begin() + std::ptrdiff_t{3} * ((top + y) * sheet.width + left));
      }
    }
  }
  return sheet;
}

double write_sample_grid(models::StableDiffusion& model, generate::ClipTokenizer tokenizer,
                         const SampleRecipe& recipe, const std::filesystem::path& file) {
  const generate::PromptEncoder encoder(model.text_encoder, std::move(tokenizer));
  generate::SamplingRequest request;
  request.scheduler = generate::parse_scheduler_config(model.scheduler, "scheduler");
  request.steps = recipe.steps;
  request.guidance = recipe.guidance;
  request.width = request.height =
      model.unet->config().sample_size * model.autoencoder->config().factor();
  request.seeds.resize(static_cast<std::size_t>(recipe.per_prompt));
  std::iota(request.seeds.begin(), request.seeds.end(), 0);
  std::vector<std::vector<data::RgbImage>> rows;
  std::string prompts;
  for (const std::string& prompt : recipe.prompts) {
    request.prompts = {prompt};
    rows.push_back(rgb_images(generate::sample(model, encoder, request).images));
    prompts += prompt + "\n";
  }
  core::write_file_atomic(file, data::encode_png(tile_pictures(rows), {{"prompts", prompts}}));
  return saturated_share(rows);
}

}  // namespace ersatz::runner
