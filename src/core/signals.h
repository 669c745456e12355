// SIGINT and SIGTERM: the first asks the run to stop at its next stop point, the second SIGINT ends
// the process at once. Handlers only set flags.
#pragma once

namespace ersatz::core {

void install_signal_handlers();

// Asks the run to stop, as by SIGINT, after so many seconds of wall time (> 0).
void stop_after(double seconds);

// 0, or the number of the first signal received.
int pending_signal();

// Throws Interrupted when a signal is pending. Call where the state on disk is resumable.
void stop_point();

}  // namespace ersatz::core
