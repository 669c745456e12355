#include "compute/ranks/ordered_sum.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <utility>

#include "core/error.h"
#include "core/rank_lost.h"

namespace ersatz::compute {
namespace {

constexpr std::int64_t kBucket = std::int64_t{1}
                                 << 20;  // elements, at least, of what is sent at once

struct Bucket {
  std::size_t begin = 0, end = 0;  // of the tensors
  std::int64_t elements = 0;
};

std::vector<Bucket> buckets_of(const std::vector<torch::Tensor>& tensors) {
  std::vector<Bucket> buckets;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (buckets.empty() || buckets.back().elements >= kBucket) buckets.push_back({i, i, 0});
    buckets.back().end = i + 1;
    buckets.back().elements += tensors[i].numel();
  }
  return buckets;
}

// Calls visit(tensor, its place in the flat bucket).
template <typename Visit>
void walk(const std::vector<torch::Tensor>& tensors, const Bucket& bucket,
          const torch::Tensor& flat, Visit visit) {
  std::int64_t at = 0;
  for (std::size_t i = bucket.begin; i < bucket.end; ++i) {
    const torch::Tensor place = flat.narrow(0, at, tensors[i].numel()).view(tensors[i].sizes());
    visit(tensors[i], place);
    at += tensors[i].numel();
  }
}

void copy_in(torch::Tensor tensor, torch::Tensor place) { place.copy_(tensor); }
void add_in(torch::Tensor tensor, torch::Tensor place) { place.add_(tensor); }
void copy_out(torch::Tensor tensor, torch::Tensor place) { tensor.copy_(place); }

void add_here(std::vector<std::vector<torch::Tensor>>& parts) {
  for (std::size_t p = 1; p < parts.size(); ++p) {
    for (std::size_t i = 0; i < parts[p].size(); ++i) parts[0][i].add_(parts[p][i]);
  }
}

}  // namespace

PartRange part_range(std::int64_t count, std::int64_t part, std::int64_t parts) {
  const std::int64_t first = count * part / parts;
  return {first, count * (part + 1) / parts - first};
}

void ordered_sum(RankGroup* group, std::vector<std::vector<torch::Tensor>>& parts) {
  if (parts.empty()) throw core::Error::internal("a rank without a part of the batch");
  const torch::NoGradGuard no_grad;
  if (group == nullptr || group->size() == 1) {
    add_here(parts);
    return;
  }
  const std::vector<torch::Tensor>& own = parts.front();
  const std::vector<Bucket> buckets = buckets_of(own);
  std::vector<torch::Tensor> flats;
  for (const Bucket& bucket : buckets) {
    torch::Tensor flat = torch::empty({bucket.elements}, own.front().options());
    std::size_t part = 0;
    if (group->first()) {
      walk(parts[part++], bucket, flat, copy_in);
    } else {
      group->receive(flat, group->rank() - 1);
    }
    for (; part < parts.size(); ++part) walk(parts[part], bucket, flat, add_in);
    if (!group->last()) group->send(flat, group->rank() + 1);
    flats.push_back(std::move(flat));
  }
  group->finish_sends();
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    group->broadcast(flats[i], group->size() - 1);
    walk(own, buckets[i], flats[i], copy_out);
  }
}

}  // namespace ersatz::compute
