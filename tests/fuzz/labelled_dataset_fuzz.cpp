// Labels of every format that is read: refused in our own words, or a dataset that is what every
// writer relies on and comes back from COCO with as many objects. What detectors are trained with
// reads the same files and goes on behind mistakes. The first byte is the format; a line "===="
// ends the first file of those that have two.
#include <unistd.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "core/printable.h"
#include "data/images/png_codec.h"
#include "label/dataset/detection_labels.h"
#include "label/dataset/formats.h"
#include "label/dataset/read_dataset.h"

namespace {

using namespace ersatz;
namespace fs = std::filesystem;

struct Format {
  const char* name;
  const char* input;  // below the folder; "" is the folder itself
  std::vector<const char*> files;
};

const std::vector<Format>& formats() {
  static const std::vector<Format> all = {
      {"coco", "coco.json", {"coco.json"}},
      {"voc", "", {"Annotations/a.xml", "classes.txt"}},
      {"yolo", "", {"data.yaml", "labels/a.txt"}},
      {"diffugen", "", {"labels/a.json", "classes.txt"}},
      {"imagefolder", "", {"README.md", "metadata.jsonl"}},
      {"croissant", "", {"croissant.json", "objects.jsonl"}},
      {"label-studio", "tasks.json", {"tasks.json", "label_config.xml"}}};
  return all;
}

void write(const fs::path& file, std::string_view bytes) {
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary | std::ios::trunc)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

// A folder for each format with the picture images/a.png of 12 x 8 px.
class Folders {
 public:
  Folders() : root_(fs::temp_directory_path() / ("ersatz-fuzz-" + std::to_string(::getpid()))) {
    for (const Format& format : formats()) {
      fs::create_directories(of(format) / "images");
      write(of(format) / "images" / "a.png",
            data::encode_png(
                data::RgbImage{12, 8, std::vector<std::uint8_t>(std::size_t{3} * 12 * 8, 100)}));
      for (const char* file : format.files) write(of(format) / file, "");
    }
    write(root_ / "croissant" / "pictures.jsonl",
          R"({"file_name": "a.png", "width": 12, "height": 8})");
  }
  ~Folders() {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }
  Folders(const Folders&) = delete;
  Folders& operator=(const Folders&) = delete;
  fs::path of(const Format& format) const { return root_ / format.name; }
  fs::path root() const { return root_; }

 private:
  fs::path root_;
};

void require(bool holds) {
  if (!holds) std::abort();
}

std::size_t objects_in(const label::LabelledDataset& dataset) {
  std::size_t objects = 0;
  for (const label::LabelledPicture& picture : dataset.pictures) objects += picture.objects.size();
  return objects;
}

void check(const label::LabelledDataset& dataset, const fs::path& scratch) {
  const auto classes = static_cast<std::int64_t>(dataset.classes.size());
  for (const label::LabelledPicture& picture : dataset.pictures) {
    require(picture.width > 0 && picture.height > 0);
    const fs::path file = fs::path(picture.file).lexically_normal();
    require(!file.is_absolute() && *file.begin() != "..");
    for (const label::AnnotatedObject& object : picture.objects) {
      require(object.class_index >= 0 && object.class_index < classes);
      require(std::isfinite(object.box.x + object.box.y + object.score));
      require(object.box.width >= 0 && object.box.height >= 0);
      for (const label::Outline& outline : object.outlines) require(outline.size() >= 6);
    }
  }
  label::write_coco_dataset(dataset, scratch);
  require(objects_in(label::read_coco_dataset(scratch, dataset.images)) == objects_in(dataset));
}

template <typename Work>
void refused_or(const Work& work) {
  try {
    work();
  } catch (const core::Error& error) {
    if (error.code() != core::ExitCode::kUntrustedData &&
        error.code() != core::ExitCode::kMissing) {
      std::abort();
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size == 0) return 0;
  static const Folders folders;
  const Format& format = formats()[bytes[0] % formats().size()];
  const std::string_view text(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  const fs::path folder = folders.of(format);
  const std::size_t split = text.find("\n====\n");
  write(folder / format.files[0], text.substr(0, split));
  if (format.files.size() > 1) {
    write(folder / format.files[1],
          split == std::string_view::npos ? std::string_view() : text.substr(split + 6));
  }
  const fs::path input = folder / format.input;
  std::optional<label::LabelledDataset> dataset;
  refused_or([&] { dataset = label::read_dataset(input, format.name, folder / "images"); });
  // Outlines that cost too much are refused where their masks are needed.
  if (dataset) refused_or([&] { check(*dataset, folders.root() / "out.json"); });
  const std::string_view name = format.name;
  if (name != "coco" && name != "voc" && name != "yolo") return 0;
  refused_or([&] {
    const label::DetectionLabels labels =
        label::read_detection_labels({input,
                                      label::parse_detection_format(format.name),
                                      name == "yolo" ? "" : folder / "images",
                                      {}});
    require(labels.objects() <= labels.boxes());
    labels.report.json().dump();
    for (const std::string& one : labels.classes) require(core::is_utf8(one));
    for (const data::DetectionLabel& picture : labels.pictures) {
      require(core::is_utf8(picture.name));
      for (const data::ObjectBox& box : picture.boxes) {
        require(box.x0 >= 0 && box.y0 >= 0 && box.x1 <= 12 && box.y1 <= 8);
        require(box.x0 < box.x1 && box.y0 < box.y1);
        require(box.class_index >= 0 &&
                box.class_index < static_cast<std::int64_t>(labels.classes.size()));
      }
    }
  });
  return 0;
}
