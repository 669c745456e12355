// `ersatz-images export`.
#pragma once

#include "runner/images/export_options.h"

namespace ersatz::runner {

// Reads the dataset, writes it in the other format, and prints what it holds. Throws as
// check_export and the readers and writers of label/dataset/formats.h do.
void run_export(const ExportCommand& options);

}  // namespace ersatz::runner
