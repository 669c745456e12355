// What `copy-paste` was asked for, checked as far as that is possible without reading pictures.
#pragma once

#include "generate/copy_paste/cut_out.h"
#include "generate/copy_paste/dataset.h"
#include "generate/copy_paste/settings.h"
#include "runner/images/copy_paste_options.h"

namespace ersatz::runner {

struct CopyPasteRequest {
  generate::CutOutChoice choice;
  generate::CopyPasteOptions making;
  generate::CopyPasteDatasetOptions dataset;
};

// Error::usage (2) for what is wrong with the options, and for those of mode roboflow in another
// mode; Error::missing (40) when one of the folders is not there.
CopyPasteRequest check_copy_paste(const CopyPasteCommand& options);

}  // namespace ersatz::runner
