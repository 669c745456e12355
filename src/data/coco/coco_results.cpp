#include "data/coco/coco_results.h"

#include <string>

#include "core/file_system.h"
#include "core/json.h"

namespace ersatz::data {

void write_coco_results(const std::filesystem::path& file, const std::vector<CocoObject>& objects) {
  std::string text = "[";
  for (const CocoObject& object : objects) {
    const CocoBox& box = object.box;
    core::Json line = {{"image_id", object.image_id},
                       {"category_id", object.category_id},
                       {"score", object.score},
                       {"bbox", {box.x, box.y, box.width, box.height}}};
    if (object.mask) {
      line["segmentation"] = {{"size", {object.mask->height, object.mask->width}},
                              {"counts", rle_text(*object.mask)}};
    }
    text += (text.size() > 1 ? ",\n" : "\n") + line.dump();
  }
  core::write_file_atomic(file, text + "\n]\n");
}

}  // namespace ersatz::data
