// One training at a time in a folder: two would take turns with its checkpoints and metrics.
#pragma once

namespace ersatz::runner {

// In --out, held (core::FileLock) by rank 0 while it trains. A second training of the same folder
// waits, and then finds what the first has left, as if it had been started later.
inline constexpr const char* kTrainingLock = ".lock";

}  // namespace ersatz::runner
