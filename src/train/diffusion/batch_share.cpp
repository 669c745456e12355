#include "train/diffusion/batch_share.h"

#include <fmt/format.h>
#include <torch/utils.h>

#include <algorithm>

#include "core/error.h"

namespace ersatz::train {

compute::PartRange BatchShare::own() const {
  return ranks == nullptr ? compute::PartRange{0, parts}
                          : compute::part_range(parts, ranks->rank(), ranks->size());
}

BatchShare share_batch(std::int64_t wanted, const c10::Device& device, std::int64_t batch_size,
                       compute::RankGroup* ranks) {
  const std::int64_t size = ranks == nullptr ? 1 : ranks->size();
  BatchShare share;
  share.ranks = ranks;
  share.parts = size;
  if (device.is_cpu()) {
    const std::int64_t parts = wanted > 0 ? wanted : at::get_num_threads() * size;
    share.parts = std::max<std::int64_t>(1, std::min(parts, batch_size));
  }
  if (share.parts < size || batch_size < size) {
    throw core::Error::usage(fmt::format("{} ranks cannot share a batch of {} in {} parts", size,
                                         batch_size, share.parts),
                             "each rank needs at least one part, and each part one sample");
  }
  return share;
}

}  // namespace ersatz::train
