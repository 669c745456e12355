#include "generate/copy_paste/copy_paste.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <set>

#include "core/error.h"
#include "generate/copy_paste/alpha_paste.h"
#include "generate/copy_paste/placement.h"

namespace ersatz::generate {
namespace {

using core::Error;
using data::PixelBox;

// Where alpha is at least kMaskAlpha.
data::Rle mask_of(const data::RgbaImage& image) {
  std::vector<std::uint8_t> mask(image.pixels.size() / 4);
  for (std::size_t i = 0; i < mask.size(); ++i) {
    mask[i] = image.pixels[4 * i + 3] >= kMaskAlpha ? 1 : 0;
  }
  return data::encode_rle(mask.data(), image.height, image.width);
}

// The mask at its place in a picture; what reaches beyond is cut off.
data::Rle placed(const data::Rle& mask, const PixelBox& box, int height, int width) {
  const bool inside = box.x + box.width <= width && box.y + box.height <= height;
  return inside ? data::embed_rle(mask, box, height, width)
                : data::encode_rle(data::decode_rle(mask).data(), box, height, width);
}

// `count` different numbers of 0..all - 1, in the order in which they are drawn.
std::vector<std::size_t> draw_different(std::size_t count, std::size_t all, core::Stream& stream) {
  std::vector<std::size_t> numbers(all);
  std::iota(numbers.begin(), numbers.end(), std::size_t{0});
  for (std::size_t i = 0; i < count; ++i) {
    std::swap(numbers[i], numbers[i + stream.below(all - i)]);
  }
  numbers.resize(count);
  return numbers;
}

// Varied so that it fits into width x height; says in `variation` what was done in the end.
data::RgbaImage varied_to_fit(const data::RgbaImage& cut_out, int width, int height,
                              Variation& variation) {
  while (true) {
    data::RgbaImage image = varied(cut_out, variation);
    if (image.width <= width && image.height <= height) return image;
    // A little less than the ratio, as sizes are rounded to whole pixels.
    variation.scale *= 0.99 * std::min({1.0, static_cast<double>(width) / image.width,
                                        static_cast<double>(height) / image.height});
  }
}

}  // namespace

std::string_view drop_reason_name(DropReason reason) {
  return reason == DropReason::kNoRoom ? "no room" : "nothing visible";
}

CopyPaste::CopyPaste(std::vector<CutOutClass> classes,
                     std::shared_ptr<const Backgrounds> backgrounds,
                     const CopyPasteOptions& options)
    : classes_(std::move(classes)), backgrounds_(std::move(backgrounds)), options_(options) {
  if (classes_.empty()) throw Error::missing("copy-paste: there is no class of cut-outs");
  if (options_.max_per_image < 0) {
    throw Error::usage(fmt::format("{} cut-outs per image at most", options_.max_per_image));
  }
  if (options_.mode == CopyPasteMode::kVaried) require_valid(options_.variation);
  std::set<std::string> names;
  for (const CutOutClass& one : classes_) {
    if (!names.insert(one.name).second) {
      throw Error::usage(fmt::format("class '{}' is there twice", one.name));
    }
    if (one.cut_outs.empty()) {
      throw Error::missing(fmt::format("class '{}' has no cut-out", one.name));
    }
    std::vector<data::Rle>& masks = masks_.emplace_back();
    for (const CutOut& cut_out : one.cut_outs) {
      require_visible(cut_out.image, cut_out.name);
      masks.push_back(mask_of(cut_out.image));
    }
  }
  if (options_.mode == CopyPasteMode::kNative) require_fit();
}

void CopyPaste::require_fit() const {
  for (const CutOutClass& one : classes_) {
    for (const CutOut& cut_out : one.cut_outs) {
      const int width = cut_out.image.width, height = cut_out.image.height;
      const auto& all = backgrounds_->entries();
      const auto too_small = [&](const Backgrounds::Entry& background) {
        return background.width < width || background.height < height;
      };
      const auto first = std::find_if(all.begin(), all.end(), too_small);
      if (first == all.end()) continue;
      throw Error::usage(
          fmt::format(
              "cut-out {}/{} ({} x {} px) is larger than background {} ({} x {} px); {} of {} "
              "backgrounds are too small for it",
              one.name, cut_out.name, width, height, first->name, first->width, first->height,
              std::count_if(first, all.end(), too_small), all.size()),
          "use larger backgrounds or smaller cut-outs; mode published cuts off what is too much, "
          "as the paper's code does, and mode roboflow scales");
    }
  }
}

void CopyPaste::add(CopyPasteImage& made, std::size_t cut_out, core::Stream& stream,
                    std::vector<PixelBox>& taken) const {
  const int width = made.image.width, height = made.image.height;
  const data::RgbaImage* image = &classes_[made.class_index].cut_outs[cut_out].image;
  const data::Rle* mask = &masks_[made.class_index][cut_out];
  PastedCutOut pasted;
  pasted.cut_out = cut_out;
  data::RgbaImage varied_image;
  data::Rle varied_mask;
  if (options_.mode == CopyPasteMode::kVaried) {
    pasted.variation = draw_variation(options_.variation, *image, width, height, stream);
    varied_image = varied_to_fit(*image, width, height, pasted.variation);
    varied_mask = mask_of(varied_image);
    image = &varied_image;
    mask = &varied_mask;
  }
  if (image->width == 0) {  // nothing was left by the variation
    made.dropped.push_back({cut_out, DropReason::kNothingVisible});
    return;
  }
  const std::optional<PixelBox> at =
      place(image->width, image->height, width, height, taken, stream);
  if (!at) {
    made.dropped.push_back({cut_out, DropReason::kNoRoom});
    return;
  }
  taken.push_back(*at);
  alpha_paste(made.image, *image, at->x, at->y);
  pasted.pasted = *at;
  pasted.mask = placed(*mask, *at, height, width);
  pasted.box = data::rle_box(pasted.mask);
  if (pasted.box.width == 0) {
    made.dropped.push_back({cut_out, DropReason::kNothingVisible});
    return;
  }
  made.instances.push_back(std::move(pasted));
}

core::Stream CopyPaste::stream(std::size_t class_index, std::int64_t index) const {
  return {options_.seed, "copy-paste/" + classes_.at(class_index).name,
          static_cast<std::uint64_t>(index)};
}

std::size_t CopyPaste::background_of(std::size_t class_index, std::int64_t index) const {
  return stream(class_index, index).below(backgrounds_->size());
}

CopyPasteImage CopyPaste::compose(std::size_t class_index, std::int64_t index) const {
  core::Stream draws = stream(class_index, index);
  CopyPasteImage made;
  made.class_index = class_index;
  made.background = draws.below(backgrounds_->size());
  made.image = *backgrounds_->read(made.background);
  const std::size_t all = classes_[class_index].cut_outs.size();
  const std::size_t most = options_.max_per_image == 0
                               ? all
                               : std::min(all, static_cast<std::size_t>(options_.max_per_image));
  const std::size_t count = 1 + draws.below(most);
  std::vector<PixelBox> taken;
  for (const std::size_t cut_out : draw_different(count, all, draws)) {
    add(made, cut_out, draws, taken);
  }
  return made;
}

}  // namespace ersatz::generate
