#include "generate/pixelda/transfer.h"

#include <fmt/format.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>

#include "compute/random_rows.h"
#include "compute/torch_device.h"
#include "core/error.h"
#include "core/signals.h"
#include "models/pixelda_generator.h"

namespace ersatz::generate {

data::LabelledImages transfer_images(const std::filesystem::path& weights_file,
                                     const data::LabelledImages& images,
                                     const TransferOptions& options) {
  const torch::NoGradGuard no_grad;
  const c10::Device device = compute::torch_device(options.device);
  const auto generator = models::load_pixelda_generator(weights_file);
  const std::int64_t side = generator->options().image_size;
  if (images.height != side || images.width != side) {
    throw core::Error::usage(fmt::format("the generator takes images of {0}x{0}, not {1}x{2}", side,
                                         images.height, images.width));
  }
  if (options.batch_size < 1) throw core::Error::usage("a batch needs at least one image");
  generator->to(device);

  data::LabelledImages result = images;
  const auto total = static_cast<std::int64_t>(images.size());
  for (std::int64_t begin = 0; begin < total; begin += options.batch_size) {
    core::stop_point();
    const std::int64_t count = std::min(options.batch_size, total - begin);
    std::uint8_t* pixels = result.image(static_cast<std::size_t>(begin));
    torch::Tensor block = torch::from_blob(pixels, {count, 1, side, side}, torch::kUInt8);
    const torch::Tensor source = block.to(torch::kFloat32).div_(127.5).sub_(1.0).to(device);
    const torch::Tensor noise =
        compute::uniform_rows(count, {generator->options().noise_dimensions}, -1.0F, 1.0F,
                              options.seed, "pixelda/transfer",
                              static_cast<std::uint64_t>(options.first_index + begin))
            .to(device);
    const torch::Tensor output =
        generator->forward(source, noise, models::Statistics::kRunning).to(torch::kCPU);
    if (!torch::isfinite(output).all().item<bool>()) {
      throw core::Error::numeric("a transferred image",
                                 fmt::format("image {} or one of the {} after it",
                                             options.first_index + begin, count - 1));
    }
    block.copy_(output.add(1.0).mul_(127.5).round_().clamp_(0, 255).reshape(block.sizes()));
    if (options.progress != nullptr) options.progress->set(begin + count);
  }
  return result;
}

}  // namespace ersatz::generate
