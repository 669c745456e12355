// Whose labels generated pictures have: boxes that a network found (automatic), or boxes that a
// person drew or corrected (manual).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/config.h"
#include "label/dataset/labelled_dataset.h"

namespace ersatz::apples {

enum class LabelMethod {
  kDetector,   // automatic: a detector that was taught on drawn orchards
  kAttention,  // automatic: where the generator attends to the word
  kManual,     // labels.folder
};

struct LabelChoice {
  LabelMethod method = LabelMethod::kDetector;
  std::filesystem::path folder;  // of manual labels; empty: there are none yet
  std::string format;            // of them; empty: as it looks

  bool manual() const { return method == LabelMethod::kManual; }
  // "automatic: a detector taught on drawn orchards": for tables.
  std::string words() const;
  std::string short_words() const;  // for titles
};

// labels.method "detector", "attention" or "manual", labels.folder, labels.format. Error::unknown
// for another method; Error::usage for a folder of labels that are not asked for; Error::missing
// for one that is not there.
LabelChoice label_choice(const core::Config& config);

std::string label_method_name(LabelMethod method);
const std::vector<LabelMethod>& automatic_methods();  // detector, attention

// The labels of those of `pictures` (file names without ending) that `labelled` has, of one class
// whatever it is called, under the names with their endings; pictures that nobody labelled are left
// out. Error::usage naming one when a picture is in it twice, when `labelled` has none of the
// pictures, or a picture has another size.
label::LabelledDataset taken_labels(const label::LabelledDataset& pictures,
                                    const label::LabelledDataset& labelled);

}  // namespace ersatz::apples
