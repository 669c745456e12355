// Walking through numbers a vector register at a time; after compute/float_lanes.h, in the same
// way.

// Calls visit(i, count) for runs of kLanes numbers and for the rest at the end.
template <typename Visit>
inline void for_runs(std::int64_t total, const Visit& visit) {
  std::int64_t i = 0;
  for (; i + kLanes <= total; i += kLanes) visit(i, std::int64_t{kLanes});
  if (i < total) visit(i, total - i);
}

inline Floats load_up_to(const float* from, std::int64_t count) {
  return count == kLanes ? load(from) : load_some(from, count);
}

inline void store_up_to(float* to, const Floats& x, std::int64_t count) {
  if (count == kLanes) {
    store(to, x);
  } else {
    store_some(to, x, count);
  }
}
