#include "samples.h"

#include <functional>

#include "data/images/image_file.h"
#include "report/photo_grid.h"

namespace ersatz::fruit {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kColumns = 6;

void write_grid(const fs::path& file, const data::ImageFolder& pictures,
                const std::function<data::RgbImage(const fs::path&)>& read) {
  std::vector<report::PhotoRow> rows;
  for (const std::string& name : pictures.classes) rows.push_back({name, {}});
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    report::PhotoRow& row = rows[pictures.labels[i]];
    if (row.photos.size() < kColumns) row.photos.push_back(read(pictures.root / pictures.files[i]));
  }
  report::write_photo_grid_png(file, rows);
}

}  // namespace

void write_samples(const fs::path& file, const data::ImageFolder& pictures) {
  write_grid(file, pictures, [](const fs::path& path) { return data::read_image(path); });
}

void write_samples(const fs::path& file, const fs::path& folder,
                   const std::vector<std::string>& classes) {
  write_samples(file, data::list_image_folder(folder, classes));
}

void write_cut_out_samples(const fs::path& file, const fs::path& folder,
                           const std::vector<std::string>& classes) {
  write_grid(file, data::list_image_folder(folder, classes),
             [](const fs::path& path) { return data::on_white(data::read_rgba_image(path)); });
}

}  // namespace ersatz::fruit
