// The IDX format of MNIST (http://yann.lecun.com/exdb/mnist, "The IDX file format"), unsigned bytes
// only: big-endian magic number (2051 images, 2049 labels), one 32-bit size per dimension, data.
#pragma once

#include <filesystem>

#include "data/labelled_images.h"

namespace ersatz::data {

// Reads a pair of files, each plain or gzip (told apart by content). Pixels come back as stored:
// [N, rows, columns], 0..255. Rows and columns must be 1..4096, all pixels together at most 2 GiB.
// Error::missing when a file is absent; otherwise Error::untrusted (exit 30) with file and byte
// offset (in the uncompressed data, except for faults of the gzip stream itself): wrong magic
// number, impossible size, short or extra data, image and label counts that differ, a label above
// `max_label`.
LabelledImages read_idx(const std::filesystem::path& images_path,
                        const std::filesystem::path& labels_path, int max_label = 9);

// Writes the pair, uncompressed, each file atomically. Error::internal when sizes do not agree.
void write_idx(const LabelledImages& images, const std::filesystem::path& images_path,
               const std::filesystem::path& labels_path);

}  // namespace ersatz::data
