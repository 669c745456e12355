// `generate cgan`: pictures of a trained conditional GAN as files.
#pragma once

#include "runner/gan/cgan_options.h"

namespace ersatz::runner {

// Writes <class>_<number>.png (28 x 28, grey), sheet.png with a row for each class, and cgan.json
// with the settings, the digest of the weights and the list of files. The same settings give the
// same bytes. Error::usage for a class the generator does not know and for a folder whose pictures
// were made differently (unless they may be overwritten); errors of choose_generator and
// generate::sample_classes.
void run_cgan(const CganOptions& options);

}  // namespace ersatz::runner
