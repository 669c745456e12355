// One HTTP request that appends to a PartFile. What to do after a failure is decided in download.h.
#pragma once

#include <chrono>
#include <string>

#include "core/progress.h"
#include "data/fetch/part_file.h"

namespace ersatz::data {

struct TransferOptions {
  std::chrono::seconds connect_timeout{15};
  // Given up when nothing arrives for this long (noticed within a second).
  std::chrono::seconds stall_timeout{30};
};

enum class TransferStatus {
  kComplete,      // the part file is full
  kDropped,       // 5xx, timeout or lost connection: what has arrived is kept, worth another try
  kRestarted,     // the part could not be continued and was discarded; ask again at once
  kWrongContent,  // the server offers a file of another length; the part was discarded
  kFailed,        // no use asking this server again: 404, unknown host, refused redirect
};

struct TransferResult {
  TransferStatus status;
  std::string reason;  // for people; empty when complete
};

// Asks `url` for what `part` still lacks (Range; If-Range with the stored validator). http and
// https only, also after redirects. Throws Interrupted after SIGINT/SIGTERM, with the part kept,
// and Error::io when the disk fails.
TransferResult transfer(const std::string& url, PartFile& part, const TransferOptions& options,
                        core::Progress& progress);

}  // namespace ersatz::data
