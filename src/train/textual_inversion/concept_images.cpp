#include "train/textual_inversion/concept_images.h"

#include <fmt/format.h>
#include <torch/types.h>

#include <algorithm>

#include "core/digest.h"
#include "core/error.h"
#include "data/images/orientation.h"
#include "data/images/resize.h"
#include "data/photos/image_folder.h"

namespace ersatz::train {

namespace fs = std::filesystem;

data::RgbImage prepare_picture(const data::RgbImage& picture,
                               const ConceptPreparation& preparation) {
  if (preparation.side < 1) {
    throw core::Error::usage(
        fmt::format("pictures of {} px cannot be learned from", preparation.side));
  }
  const data::RgbImage whole =
      preparation.centre_crop ? data::centre_crop(picture, std::min(picture.width, picture.height))
                              : picture;
  const std::int64_t side = preparation.side;
  if (whole.width == preparation.side && whole.height == preparation.side) return whole;
  const torch::Tensor rows = torch::from_blob(const_cast<std::uint8_t*>(whole.pixels.data()),
                                              {1, whole.height, whole.width, 3}, torch::kUInt8);
  const torch::Tensor resized = at::_upsample_bicubic2d_aa(
      rows.permute({0, 3, 1, 2}).to(torch::kFloat32).contiguous(), {side, side},
      /*align_corners=*/false);
  const torch::Tensor bytes = resized.round_().clamp_(0, 255).to(torch::kUInt8);
  const torch::Tensor plain = bytes.permute({0, 2, 3, 1}).contiguous();
  const auto* begin = plain.data_ptr<std::uint8_t>();
  return {preparation.side, preparation.side, {begin, begin + plain.numel()}};
}

ConceptImages load_concept_images(const fs::path& folder, const ConceptPreparation& preparation) {
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored)) {
    throw core::Error::missing(fmt::format("there is no folder {} with pictures", folder.string()));
  }
  // One class folder of its parent.
  const fs::path whole = fs::canonical(folder);
  const data::ImageFolder listed =
      data::list_image_folder(whole.parent_path(), {whole.filename().string()});
  ConceptImages images;
  for (const fs::path& file : listed.files) {
    const fs::path path = listed.root / file;
    images.pictures.push_back(prepare_picture(data::read_upright_image(path), preparation));
    images.names.push_back(path.lexically_relative(whole).string());
  }
  return images;
}

std::string digest_of(const ConceptImages& images) {
  core::Sha256 digest;
  for (const data::RgbImage& picture : images.pictures) {
    digest.update(fmt::format("{}x{}\n", picture.width, picture.height));
    digest.update(picture.pixels.data(), picture.pixels.size());
  }
  return digest.hex();
}

}  // namespace ersatz::train
