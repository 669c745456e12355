#include "runner/diffusion/model_digest.h"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <vector>

#include "core/digest.h"
#include "core/error.h"

namespace ersatz::runner {
namespace {

namespace fs = std::filesystem;

constexpr const char* kParts[] = {"scheduler", "text_encoder", "tokenizer", "unet", "vae"};

bool is_weight_file(const fs::path& file) {
  const std::string extension = file.extension().string();
  return extension == ".safetensors" || extension == ".bin";
}

// Whether a file name says it is of that variant: "diffusion_pytorch_model.fp16.safetensors",
// "model.fp16-00001-of-00002.safetensors".
bool is_of_variant(const fs::path& file, const std::string& variant) {
  const std::string name = file.filename().string();
  const std::size_t dot = name.find('.');
  return name.compare(dot + 1, variant.size(), variant) == 0;
}

template <typename Keep>
void keep_if_any(std::vector<fs::path>& files, Keep keep) {
  if (std::any_of(files.begin(), files.end(), keep)) {
    files.erase(
        std::remove_if(files.begin(), files.end(), [&](const fs::path& f) { return !keep(f); }),
        files.end());
  }
}

// The files of one part that loading it reads.
std::vector<fs::path> files_of_part(const fs::path& folder, const std::string& variant) {
  std::vector<fs::path> weights, others;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    if (!entry.is_regular_file(ignored)) continue;
    if (is_weight_file(entry.path())) {
      weights.push_back(entry.path());
    } else if (entry.path().extension() == ".json" || entry.path().filename() == "merges.txt") {
      others.push_back(entry.path());
    }
  }
  keep_if_any(weights, [](const fs::path& file) { return file.extension() == ".safetensors"; });
  if (!variant.empty()) {
    keep_if_any(weights, [&](const fs::path& file) { return is_of_variant(file, variant); });
  } else {
    // Without a variant the plain files are read: "model.safetensors", not
    // "model.fp16.safetensors".
    keep_if_any(weights, [](const fs::path& file) { return !file.stem().has_extension(); });
  }
  weights.insert(weights.end(), others.begin(), others.end());
  return weights;
}

std::string digest_of(const fs::path& path, const std::function<bool()>& stop) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw core::Error::io("open", path, errno);
  core::Sha256 digest;
  std::vector<char> block(std::size_t{1} << 20);
  while (file && !(stop && stop())) {
    file.read(block.data(), static_cast<std::streamsize>(block.size()));
    digest.update(block.data(), static_cast<std::size_t>(file.gcount()));
  }
  if (file.bad()) throw core::Error::io("read", path, errno);
  return digest.hex();
}

}  // namespace

ModelDigest digest_model(const fs::path& model, const std::string& variant,
                         const std::function<bool()>& stop) {
  ModelDigest result;
  const fs::path whole = fs::weakly_canonical(model);
  result.name = whole.filename().string();
  if (fs::is_directory(whole)) {
    std::vector<fs::path> files;
    if (fs::exists(whole / "model_index.json")) files.push_back(whole / "model_index.json");
    for (const char* part : kParts) {
      const std::vector<fs::path> more = files_of_part(whole / part, variant);
      files.insert(files.end(), more.begin(), more.end());
    }
    for (const fs::path& file : files) {
      result.files[file.lexically_relative(whole).string()] = digest_of(file, stop);
    }
  } else {
    result.files[result.name] = digest_of(whole, stop);
  }
  std::string text;
  for (const auto& [name, digest] : result.files) text += name + " " + digest + "\n";
  // A single file is known by its own digest, which is what model collections list.
  result.digest = result.files.size() == 1 ? result.files.begin()->second : core::sha256_hex(text);
  return result;
}

}  // namespace ersatz::runner
