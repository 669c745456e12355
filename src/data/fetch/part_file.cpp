#include "data/fetch/part_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "core/error.h"
#include "core/file_system.h"
#include "core/json.h"
#include "core/signals.h"
#include "data/fetch/file_sink.h"
#include "data/fetch/gunzip.h"

namespace ersatz::data {
namespace {

namespace fs = std::filesystem;

void remove_file(const fs::path& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) throw core::Error::io("remove", path, errno);
}

}  // namespace

PartFile::PartFile(fs::path destination, std::uint64_t expected_size, std::string expected_sha256)
    : destination_(std::move(destination)),
      part_(destination_.string() + ".part"),
      sidecar_(destination_.string() + ".part.json"),
      expected_size_(expected_size),
      expected_sha256_(std::move(expected_sha256)),
      hash_(std::make_unique<core::Sha256>()) {
  std::error_code ignored;
  const bool usable = fs::is_regular_file(fs::symlink_status(part_, ignored)) &&
                      fs::file_size(part_, ignored) <= expected_size_ && sidecar_matches();
  if (!usable) {
    discard();
    return;
  }
  size_ = read_plain(part_, [this](const std::uint8_t* bytes, std::size_t size) {
    core::stop_point();
    hash_->update(bytes, size);
  });
}

PartFile::~PartFile() { close(); }

void PartFile::close() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
}

bool PartFile::sidecar_matches() {
  try {
    const core::Json sidecar = core::read_json(sidecar_);
    if (sidecar.at("size").get<std::uint64_t>() != expected_size_ ||
        sidecar.at("sha256").get<std::string>() != expected_sha256_) {
      return false;
    }
    url_ = sidecar.at("url").get<std::string>();
    validator_ = sidecar.at("validator").get<std::string>();
    return true;
  } catch (const core::Error&) {
    return false;  // absent or damaged: the part cannot be trusted, which costs one download
  } catch (const core::Json::exception&) {
    return false;
  }
}

void PartFile::describe(const std::string& url, const std::string& validator) {
  const bool known = url == url_ && validator == validator_ && fs::exists(sidecar_);
  url_ = url;
  validator_ = validator;
  if (known) return;
  core::write_json(sidecar_, core::Json{{"url", url_},
                                        {"validator", validator_},
                                        {"size", expected_size_},
                                        {"sha256", expected_sha256_}});
}

void PartFile::append(const void* bytes, std::size_t size) {
  if (size > expected_size_ - size_) {
    throw core::Error::internal(
        fmt::format("{}: more than {} bytes", part_.string(), expected_size_));
  }
  if (descriptor_ < 0) {
    descriptor_ = ::open(part_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (descriptor_ < 0) throw core::Error::io("create", part_, errno);
  }
  write_fully(descriptor_, bytes, size, part_);
  hash_->update(bytes, size);
  size_ += size;
}

const std::string& PartFile::digest() {
  if (digest_.empty()) digest_ = hash_->hex();
  return digest_;
}

void PartFile::publish() {
  close();
  core::fsync_path(part_);
  core::rename_durable(part_, destination_);
  remove_file(sidecar_);
}

void PartFile::discard() {
  close();
  remove_file(part_);
  remove_file(sidecar_);
  url_.clear();
  validator_.clear();
  digest_.clear();
  hash_ = std::make_unique<core::Sha256>();
  size_ = 0;
}

}  // namespace ersatz::data
