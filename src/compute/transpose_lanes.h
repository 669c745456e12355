// A square of kLanes x kLanes floats transposed in registers; after compute/float_lanes.h, in the
// same way.

// Where the lanes of the two results of one exchange come from: lane l of (a, b) is l of a, lane
// kLanes + l is l of b.
template <int step, int... lane>
inline Integers lower_lanes(std::integer_sequence<int, lane...>) {
  return Integers{((lane & step) == 0 ? lane : kLanes + lane - step)...};
}
template <int step, int... lane>
inline Integers upper_lanes(std::integer_sequence<int, lane...>) {
  return Integers{((lane & step) == 0 ? lane + step : kLanes + lane)...};
}

// Exchanges the off-diagonal quarters of every square of side 2 * step.
template <int step>
inline void exchange_lanes(Floats (&row)[kLanes]) {
  const auto all = std::make_integer_sequence<int, kLanes>();
  for (int i = 0; i < kLanes; ++i) {
    if ((i & step) != 0) continue;
    const Floats a = row[i], b = row[i + step];
    row[i] = __builtin_shuffle(a, b, lower_lanes<step>(all));
    row[i + step] = __builtin_shuffle(a, b, upper_lanes<step>(all));
  }
}

inline void transpose_lanes(Floats (&row)[kLanes]) {
  exchange_lanes<1>(row);
  exchange_lanes<2>(row);
  if constexpr (kLanes >= 8) exchange_lanes<4>(row);
  if constexpr (kLanes >= 16) exchange_lanes<8>(row);
}
