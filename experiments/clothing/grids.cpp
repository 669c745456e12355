#include "grids.h"

#include "report/image_grid.h"

namespace ersatz::clothing {
namespace {

std::vector<std::int64_t> first_of_class(const data::LabelledImages& images, std::size_t label,
                                         std::int64_t columns) {
  std::vector<std::int64_t> indices;
  for (std::size_t i = 0; i < images.size(); ++i) {
    if (images.labels[i] != label || static_cast<std::int64_t>(indices.size()) >= columns) continue;
    indices.push_back(static_cast<std::int64_t>(i));
  }
  return indices;
}

}  // namespace

void write_class_grid(const std::filesystem::path& file, const data::LabelledImages& images,
                      const std::vector<std::string>& classes, std::int64_t columns) {
  std::vector<report::GridRow> rows;
  for (std::size_t label = 0; label < classes.size(); ++label) {
    const auto chosen = first_of_class(images, label, columns);
    if (!chosen.empty()) rows.push_back({classes[label], data::select(images, chosen)});
  }
  report::write_grid_png(file, rows);
}

void write_nearest_grid(const std::filesystem::path& file, const data::LabelledImages& made,
                        const data::LabelledImages& training,
                        const std::vector<std::size_t>& nearest,
                        const std::vector<std::string>& classes, std::int64_t columns) {
  std::vector<report::GridRow> rows;
  for (std::size_t label = 0; label < classes.size(); ++label) {
    const auto chosen = first_of_class(made, label, columns);
    if (chosen.empty()) continue;
    std::vector<std::int64_t> neighbours;
    for (const std::int64_t i : chosen) {
      neighbours.push_back(static_cast<std::int64_t>(nearest[static_cast<std::size_t>(i)]));
    }
    rows.push_back({classes[label], data::select(made, chosen)});
    rows.push_back({"nearest", data::select(training, neighbours)});
  }
  report::write_grid_png(file, rows);
}

}  // namespace ersatz::clothing
