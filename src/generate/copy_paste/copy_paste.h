// Copy-paste: training images made by pasting cut-outs of one class on backgrounds that do not show
// it (github.com/i-dubits/dataset-gen @ ae01c04, run_copy_paste_aug.py and
// put_foreground_on_background.py; after Ghiasi et al. 2021 and Dwibedi et al. 2017, without their
// blending).
//
// One image: a background, uniformly; k uniform in 1..(number of the class's cut-outs); k different
// cut-outs; each at its own size at a uniformly drawn place where its rectangle does not meet those
// already pasted (touching counts), for at most 1000 tries, after which it is left out. No scaling,
// rotation or blending. Image i of a class depends on the seed, the class's name, i, and the two
// sets of pictures only: not on other classes, the number of images, or threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "core/philox.h"
#include "data/coco/rle.h"
#include "data/images/rgb_image.h"
#include "data/pixel_box.h"
#include "generate/copy_paste/backgrounds.h"
#include "generate/copy_paste/cut_out.h"
#include "generate/copy_paste/settings.h"
#include "generate/copy_paste/variation.h"

namespace ersatz::generate {

struct PastedCutOut {
  std::size_t cut_out = 0;  // index in its class
  data::PixelBox pasted;    // the rectangle of the (varied) cut-out; kPublished: may reach beyond
  data::PixelBox box;       // of the mask, tight
  data::Rle mask;           // where alpha is at least kMaskAlpha, of the picture's size
  Variation variation;      // what was done to it
};

enum class DropReason {
  kNoRoom,          // no free place was found
  kNothingVisible,  // nothing of its mask lies in the picture, or is left after variation
};
std::string_view drop_reason_name(DropReason reason);  // "no room", "nothing visible"

struct DroppedCutOut {
  std::size_t cut_out = 0;
  DropReason reason = DropReason::kNoRoom;
};

struct CopyPasteImage {
  data::RgbImage image;  // of the background's size
  std::size_t class_index = 0, background = 0;
  std::vector<PastedCutOut> instances;  // in the order in which they were pasted
  std::vector<DroppedCutOut> dropped;
};

class CopyPaste {
 public:
  // Throws Error::missing (40) when there is no class, or a class without cut-outs; Error::usage
  // (2) for options out of range, two classes of one name and, in kNative, when a cut-out is larger
  // than a background, naming both.
  CopyPaste(std::vector<CutOutClass> classes, std::shared_ptr<const Backgrounds> backgrounds,
            const CopyPasteOptions& options);

  // Image `index` (>= 0) of a class. May be called from several threads at once. Throws what
  // Backgrounds::read throws.
  CopyPasteImage compose(std::size_t class_index, std::int64_t index) const;

  // Which background that image has, without making it.
  std::size_t background_of(std::size_t class_index, std::int64_t index) const;

  const std::vector<CutOutClass>& classes() const { return classes_; }
  const Backgrounds& backgrounds() const { return *backgrounds_; }
  const CopyPasteOptions& options() const { return options_; }

 private:
  core::Stream stream(std::size_t class_index, std::int64_t index) const;
  void require_fit() const;
  // Pastes one cut-out, or says why not.
  void add(CopyPasteImage& made, std::size_t cut_out, core::Stream& stream,
           std::vector<data::PixelBox>& taken) const;

  std::vector<CutOutClass> classes_;
  std::shared_ptr<const Backgrounds> backgrounds_;
  CopyPasteOptions options_;
  std::vector<std::vector<data::Rle>> masks_;  // [class][cut-out], of native size
};

}  // namespace ersatz::generate
