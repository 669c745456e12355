// The dataset whose pictures image-to-image and inpainting start from.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "generate/diffugen/task_items.h"
#include "label/diffugen/label_file.h"

namespace ersatz::runner {

struct SourcePicture {
  label::DiffuGenLabelFile labels;
  std::filesystem::path picture;
  std::string sha256;  // of the picture's file
};

class SourceDataset {
 public:
  // A task's folder of this or of the published program. `planned`: what it will hold when it is
  // whole, where that is known; else the pictures are those whose labels are there, by path.
  // Error::missing when there is no dataset, Error::untrusted for a damaged label file.
  SourceDataset(std::filesystem::path folder, std::vector<generate::DiffuGenItem> planned);

  const std::vector<generate::DiffuGenItem>& items() const { return items_; }

  // The labels of a source; nothing while they are not there yet. Error::untrusted as above,
  // Error::missing for labels without a picture.
  std::optional<SourcePicture> open(std::size_t place) const;

 private:
  std::filesystem::path folder_;
  std::vector<generate::DiffuGenItem> items_;
};

}  // namespace ersatz::runner
