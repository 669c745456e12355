// Number of threads libtorch computes with. libtorch may start with one thread, or with one per
// hyper-thread; convolutions are fastest with one per physical core.
#pragma once

namespace ersatz::compute {

// Sets libtorch's intra-operation threads to `count`, or to core::default_threads() when
// count <= 0, and returns the number set. Results on the CPU are bit-identical only for
// equal numbers of threads.
int use_threads(int count = 0);

}  // namespace ersatz::compute
