#include "train/fine_tuning/captions.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string_view>

#include "core/error.h"
#include "core/file_system.h"
#include "core/json.h"
#include "core/printable.h"

namespace ersatz::train {

namespace {

namespace fs = std::filesystem;
using core::Error;

constexpr const char* kMetadata = "metadata.jsonl";
constexpr std::uint64_t kMaxMetadata = std::uint64_t{64} << 20, kMaxText = std::uint64_t{1} << 20;
constexpr const char* kWhite = " \t\r\n";

std::string trimmed(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (text.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
    text.remove_prefix(kByteOrderMark.size());
  }
  const std::size_t begin = text.find_first_not_of(kWhite);
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(kWhite) + 1 - begin));
}

// Why it is no caption; empty when it is one.
std::string fault(std::string_view caption) {
  if (caption.empty()) return "the caption is empty";
  if (caption.find('\0') != std::string_view::npos) return "the caption holds a NUL character";
  if (!core::is_utf8(caption)) return "the caption is not valid UTF-8";
  return {};
}

std::string string_of(const core::Json& line, const char* key) {
  const auto found = line.find(key);
  return found != line.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::map<std::string, std::string> read_metadata(const fs::path& file,
                                                 const std::vector<std::string>& pictures) {
  const std::string bytes = core::read_file(file, kMaxMetadata);
  std::string_view rest = bytes;
  const std::set<std::string_view> there(pictures.begin(), pictures.end());
  std::map<std::string, std::string> captions;
  for (std::uint32_t number = 1; !rest.empty(); ++number) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string text = trimmed(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (text.empty()) continue;
    core::Json line;
    try {
      line = core::parse_json(text, file);
    } catch (const Error& error) {
      throw Error::at_line(file, number, "no JSON object", error.what());
    }
    const std::string name = string_of(line, "file_name");
    if (name.empty()) throw Error::at_line(file, number, "no \"file_name\"");
    if (there.count(name) == 0) {
      throw Error::at_line(file, number, fmt::format("there is no picture {}", name));
    }
    const std::string caption = trimmed(string_of(line, "text"));
    const std::string reason = fault(caption);
    if (!reason.empty()) {
      throw Error::at_line(file, number, reason, "captions are in \"text\"");
    }
    if (!captions.emplace(name, caption).second) {
      throw Error::at_line(file, number, fmt::format("{} is there twice", name));
    }
  }
  return captions;
}

std::optional<std::string> read_text(const fs::path& picture) {
  const fs::path file = fs::path(picture).replace_extension(".txt");
  if (!fs::exists(file)) return std::nullopt;
  std::string caption = trimmed(core::read_file(file, kMaxText));
  const std::string reason = fault(caption);
  if (!reason.empty()) throw Error::untrusted(file, reason);
  std::replace(caption.begin(), caption.end(), '\n', ' ');
  return caption;
}

}  // namespace

std::vector<std::string> read_captions(const fs::path& folder,
                                       const std::vector<std::string>& pictures) {
  const fs::path metadata = folder / kMetadata;
  const bool listed = fs::exists(metadata);
  std::map<std::string, std::string> known;
  if (listed) known = read_metadata(metadata, pictures);
  std::vector<std::string> captions;
  for (const std::string& name : pictures) {
    std::optional<std::string> caption;
    if (!listed) {
      caption = read_text(folder / name);
    } else if (const auto found = known.find(name); found != known.end()) {
      caption = found->second;
    }
    if (!caption) {
      throw Error::missing(
          fmt::format("{} has no caption", (folder / name).string()),
          fmt::format("one prompt for all pictures, a line for it in {}, or its caption in {}",
                      kMetadata, fs::path(name).replace_extension(".txt").string()));
    }
    captions.push_back(*caption);
  }
  return captions;
}

}  // namespace ersatz::train
