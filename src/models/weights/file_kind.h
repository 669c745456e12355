// What a file is by its first bytes.
#pragma once

#include <string>
#include <string_view>

namespace ersatz::models {

enum class FileKind { kSafetensors, kTorchZip, kTorchStream, kPickle, kUnknown };

FileKind file_kind(std::string_view bytes);

// What a file that is no weights at all looks like, for a hint: "a Git LFS pointer", "an HTML
// page", "a tar archive"; empty when nothing is recognised.
std::string_view recognised_other(std::string_view bytes);

}  // namespace ersatz::models
