#include "runner/detection/drawn_objects.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "core/file_system.h"
#include "data/images/jpeg_codec.h"
#include "label/dataset/mask_outlines.h"
#include "report/label_drawing.h"

namespace ersatz::runner {
namespace {

namespace fs = std::filesystem;

constexpr int kQuality = 92;
constexpr int kSide = 1024;  // px

int px(double x) { return static_cast<int>(std::lround(x)); }

}  // namespace

void draw_found_objects(const fs::path& folder, const data::RgbImage& picture,
                        const PictureObjects& found, const std::vector<std::string>& classes) {
  std::vector<report::DrawnObject> objects;
  for (auto object = found.objects.rbegin(); object != found.objects.rend(); ++object) {
    report::DrawnObject drawn;
    drawn.box = {px(object->box.x), px(object->box.y), px(object->box.width),
                 px(object->box.height)};
    drawn.caption = fmt::format("{} {:.2f}", classes[static_cast<std::size_t>(object->class_index)],
                                object->score);
    drawn.colour = static_cast<std::size_t>(object->class_index);
    if (object->mask) {
      for (const label::Outline& outline : label::mask_outlines(*object->mask, found.name)) {
        drawn.outlines.emplace_back();
        for (std::size_t i = 0; i + 1 < outline.size(); i += 2) {
          // An outline runs along the pixels' edges, a drawn one through their middles.
          drawn.outlines.back().push_back({px(outline[i] - 0.5), px(outline[i + 1] - 0.5)});
        }
      }
    }
    objects.push_back(std::move(drawn));
  }
  core::write_file_atomic(
      folder / "drawn" / fs::path(found.name).replace_extension(".jpg"),
      data::encode_jpeg(report::draw_objects(picture, objects, kSide), kQuality));
}

}  // namespace ersatz::runner
