// What a finished task of a DiffuGen dataset holds: dataset.json, and contact sheets to look at.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/json.h"
#include "generate/diffugen/task_items.h"
#include "runner/diffugen/dataset_folder.h"

namespace ersatz::runner {

struct DatasetCounts {
  std::int64_t wanted = 0;           // of all shards
  std::int64_t pictures = 0;         // that are there
  std::int64_t skipped = 0;          // of them without an object, and not kept
  std::int64_t without_objects = 0;  // kept all the same
  std::int64_t objects = 0;
  std::vector<std::int64_t> per_class;  // objects, by class index

  bool complete() const { return pictures + skipped == wanted; }
};

// Counts by the label files; does not look at pictures. `items`: those that the dataset shall have,
// without those that cannot be made.
DatasetCounts count_dataset(const DatasetFolder& folder,
                            const std::vector<generate::DiffuGenItem>& items, std::size_t classes);

core::Json counts_json(const DatasetCounts& counts, const std::vector<std::string>& classes);

// contact_sheets/<object>.png: the first 24 pictures of every object, with their labels drawn.
void write_contact_sheets(const DatasetFolder& folder,
                          const std::vector<generate::DiffuGenItem>& items,
                          const std::vector<std::string>& classes);

}  // namespace ersatz::runner
