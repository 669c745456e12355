// The rate of all of this process's threads together.
#pragma once

// FLOP/s of all threads, each doing one_thread_peak (peak.h) at once; measured at the first call.
double machine_peak();
