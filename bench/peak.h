// What the processor's arithmetic units can do: the rate all others are compared with.
#pragma once

// Single-precision FLOP/s of one thread, measured now, in registers, for about `seconds`.
double one_thread_peak(double seconds = 0.1);
