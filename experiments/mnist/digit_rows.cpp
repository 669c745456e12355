#include "digit_rows.h"

#include <vector>

#include "report/image_grid.h"

namespace ersatz::mnist {

void write_digit_rows(const std::filesystem::path& file, const data::LabelledImages& before,
                      const data::LabelledImages& after) {
  std::vector<std::int64_t> first_of_label;
  report::GridOptions options;
  for (int label = 0; label < 10; ++label) {
    for (std::size_t i = 0; i < before.size(); ++i) {
      if (before.labels[i] != label) continue;
      first_of_label.push_back(static_cast<std::int64_t>(i));
      options.column_captions.push_back(std::to_string(label));
      break;
    }
  }
  report::write_grid_png(
      file,
      {{"in", data::select(before, first_of_label)}, {"out", data::select(after, first_of_label)}},
      options);
}

}  // namespace ersatz::mnist
