// Exit codes of every Ersatz program. Documented in docs/cli.md; scripts may rely on them.
#pragma once

namespace ersatz::core {

enum class ExitCode : int {
  kOk = 0,
  kInternal = 1,         // a bug of ours, or an error nobody classified
  kUsage = 2,            // misspelt flag, unknown experiment, invalid configuration
  kGateFailed = 10,      // `check`: a metric FAILs its gate or is UNMEASURED
  kNumeric = 20,         // NaN or infinity in a loss, gradient or image
  kUntrustedData = 30,   // malformed or hostile input refused
  kDigestMismatch = 31,  // bytes are not the ones the manifest promises
  kMissing = 40,         // data, weights, fonts or licence not there
  kDiskFull = 50,        // no space, or a write that failed
  kOutOfMemory = 51,     //
  kInterrupted = 130,    // SIGINT; state is resumable
  kTerminated = 143,     // SIGTERM; state is resumable
};

}  // namespace ersatz::core
