#include "compute/tensor_memory.h"

#include <sys/mman.h>
#include <torch/types.h>

#include <algorithm>
#include <functional>
#include <map>
#include <mutex>
#include <new>
#include <numeric>
#include <utility>
#include <vector>

namespace ersatz::compute {

namespace {

constexpr std::int64_t kHugePage = std::int64_t{2} << 20;
// Smaller blocks are not worth rounding up to huge pages.
constexpr std::int64_t kSmallestHuge = 4 * kHugePage;
constexpr std::int64_t kSmallPages = std::int64_t{128} << 10;
// Smaller results stay in malloc's own cache: there they fill the gaps between lasting objects.
// Larger ones would leave gaps that nothing fills.
constexpr std::int64_t kSmallest = std::int64_t{1} << 20;
// So much may be kept whatever was in use: the layers of a small network differ too much in size
// for an eighth to hold them all, and faulting them in again costs it a tenth of its time.
constexpr std::int64_t kAlwaysAllowed = std::int64_t{64} << 20;

// What is mapped for `bytes`.
constexpr std::int64_t whole_pages(std::int64_t bytes) {
  const std::int64_t unit = bytes < kSmallestHuge ? kSmallPages : kHugePage;
  return (bytes + unit - 1) / unit * unit;
}

// `bytes` must be whole pages. For huge ones more is mapped than needed, the ends are given back.
void* map_block(std::int64_t bytes) {
  if (bytes < kSmallestHuge) {
    void* small = ::mmap(nullptr, static_cast<std::size_t>(bytes), PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (small == MAP_FAILED) throw std::bad_alloc();
    return small;
  }
  const auto size = static_cast<std::size_t>(bytes), page = static_cast<std::size_t>(kHugePage);
  void* start =
      ::mmap(nullptr, size + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (start == MAP_FAILED) throw std::bad_alloc();
  void* block = start;
  std::size_t space = size + page;
  std::align(page, size, block, space);
  char* const first = static_cast<char*>(start);
  char* const kept = static_cast<char*>(block);
  if (kept > first) ::munmap(first, static_cast<std::size_t>(kept - first));
  if (space > size) ::munmap(kept + size, space - size);
  ::madvise(block, size, MADV_HUGEPAGE);  // a wish; small pages do as well
  return block;
}

class BlockStore {
 public:
  void* take(std::int64_t bytes) {
    const std::lock_guard<std::mutex> lock(guard_);
    const std::int64_t size = whole_pages(bytes);
    void* block = reuse(size);
    if (block == nullptr) {
      // What is kept makes room first.
      const std::int64_t most = std::max(memory_.most_in_use, memory_.in_use + size);
      const std::int64_t allowed = std::max(most * 9 / 8, kAlwaysAllowed);
      while (!kept_.empty() && memory_.in_use + memory_.kept + size > allowed) drop_oldest();
      block = map_block(size);
      used_[block] = size;
    }
    memory_.in_use += used_[block];
    memory_.most_in_use = std::max(memory_.most_in_use, memory_.in_use);
    return block;
  }

  void give_back(void* block) {
    const std::lock_guard<std::mutex> lock(guard_);
    const auto found = used_.find(block);
    kept_.emplace_back(found->first, found->second);
    memory_.in_use -= found->second;
    memory_.kept += found->second;
    used_.erase(found);
  }

  bool has(const void* block) {
    const std::lock_guard<std::mutex> lock(guard_);
    return used_.count(const_cast<void*>(block)) != 0;
  }

  void release() {
    const std::lock_guard<std::mutex> lock(guard_);
    while (!kept_.empty()) drop_oldest();
  }

  TensorMemory memory() {
    const std::lock_guard<std::mutex> lock(guard_);
    return memory_;
  }

 private:
  // The smallest kept block that fits and is at most a quarter too large; null without one.
  void* reuse(std::int64_t size) {
    auto best = kept_.end();
    for (auto i = kept_.begin(); i != kept_.end(); ++i) {
      if (i->second < size || i->second > size + size / 4) continue;
      if (best == kept_.end() || i->second <= best->second) best = i;
    }
    if (best == kept_.end()) return nullptr;
    const std::pair<void*, std::int64_t> block = *best;
    kept_.erase(best);
    memory_.kept -= block.second;
    used_[block.first] = block.second;
    return block.first;
  }

  void drop_oldest() {
    const std::pair<void*, std::int64_t> block = kept_.front();
    kept_.erase(kept_.begin());
    memory_.kept -= block.second;
    ::munmap(block.first, static_cast<std::size_t>(block.second));
  }

  std::mutex guard_;
  std::map<void*, std::int64_t> used_;
  std::vector<std::pair<void*, std::int64_t>> kept_;  // oldest first
  TensorMemory memory_;
};

// Never destroyed: tensors may outlive everything else.
BlockStore& store() {
  static BlockStore* const blocks = new BlockStore;
  return *blocks;
}

torch::Tensor empty_with_strides(at::IntArrayRef sizes, at::IntArrayRef strides) {
  const auto options = torch::TensorOptions().dtype(torch::kFloat32);
  const std::int64_t count =
      std::accumulate(sizes.begin(), sizes.end(), std::int64_t{1}, std::multiplies<>());
  if (count * 4 < kSmallest) return torch::empty_strided(sizes, strides, options);
  void* block = store().take(count * 4);
  return torch::from_blob(
      block, sizes, strides, [](void* memory) { store().give_back(memory); }, options);
}

}  // namespace

torch::Tensor empty_result(at::IntArrayRef sizes) {
  std::vector<std::int64_t> strides(sizes.size(), 1);
  for (std::size_t i = sizes.size(); i-- > 1;) {
    strides[i - 1] = strides[i] * std::max<std::int64_t>(1, sizes[i]);
  }
  return empty_with_strides(sizes, strides);
}

torch::Tensor empty_channels_last(std::int64_t batch, std::int64_t channels, std::int64_t height,
                                  std::int64_t width) {
  return empty_with_strides({batch, channels, height, width},
                            {height * width * channels, 1, width * channels, channels});
}

torch::Tensor own_pages(std::int64_t bytes) {
  const std::int64_t size = whole_pages(std::max<std::int64_t>(bytes, 1));
  void* block = map_block(size);
  return torch::from_blob(
             block, {size},
             [size](void* memory) { ::munmap(memory, static_cast<std::size_t>(size)); },
             torch::TensorOptions().dtype(torch::kUInt8))
      .narrow(0, 0, bytes);
}

bool owned_alone(const torch::Tensor& x) {
  if (x.use_count() != 1 || x.storage().use_count() != 1) return false;
  return x.storage().allocator() != nullptr || store().has(x.storage().data_ptr().get());
}

void release_tensor_memory() { store().release(); }

TensorMemory tensor_memory() { return store().memory(); }

}  // namespace ersatz::compute
