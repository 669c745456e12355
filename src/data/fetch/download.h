// Downloading one file whose size and digest are known beforehand, from the first mirror that
// works.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "data/fetch/http_transfer.h"

namespace ersatz::data {

struct DownloadRequest {
  std::vector<std::string> urls;  // mirrors, tried in order
  std::filesystem::path destination;
  std::uint64_t size = 0;  // bytes
  std::string sha256;
};

struct DownloadOptions {
  TransferOptions transfer;
  // After a 5xx, timeout or lost connection. An attempt that brought a mebibyte does not count.
  int retries_per_mirror = 2;
  std::chrono::milliseconds first_pause{500};  // doubled at every retry
};

struct DownloadResult {
  std::string url;                 // where the file came from; empty when no mirror worked
  std::vector<std::string> tried;  // "<url>: <reason>" of every mirror that did not
};

// Resumes what an earlier call left in `<destination>.part`. The destination appears only with the
// right digest. Throws Error::digest_mismatch (31, nothing is kept) when the servers offer other
// bytes (each is asked twice), disk full (50), Interrupted (the part is kept).
DownloadResult download(const DownloadRequest& request, const DownloadOptions& options = {});

}  // namespace ersatz::data
