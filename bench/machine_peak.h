// The rate of all of this process's threads together.
#pragma once

// FLOP/s of all threads, each doing one_thread_peak (peak.h) at once; measured at the first call.
double machine_peak();

// The same, measured anew at every call (0.3 s).
double measure_machine_peak();
