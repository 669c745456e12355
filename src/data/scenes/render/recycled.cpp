#include "data/scenes/render/recycled.h"

#include <array>
#include <new>

namespace ersatz::data::scenes {
namespace {

constexpr std::align_val_t kAlignment{64};
// Smaller blocks are the ordinary heap's. Larger ones than a picture of 512 px takes go back to the
// system: what a thread keeps stays below 100 MB.
constexpr int kSmallest = 14, kLargest = 24;  // powers of two
constexpr std::size_t kKept = 3;              // of one size

// Blocks of one size that nobody uses.
struct Shelf {
  std::array<void*, kKept> blocks{};
  std::size_t count = 0;
};

struct Store {
  std::array<Shelf, kLargest - kSmallest + 1> shelves;
  ~Store();
};

// Outlives the store: memory that comes back while a thread ends is freed.
thread_local bool store_is_gone = false;
thread_local Store store;

Store::~Store() {
  store_is_gone = true;
  for (Shelf& shelf : shelves) {
    for (std::size_t i = 0; i < shelf.count; ++i) ::operator delete(shelf.blocks[i], kAlignment);
  }
}

int power_of(std::size_t bytes) {
  int power = kSmallest;
  while ((std::size_t{1} << power) < bytes) ++power;
  return power;
}

Shelf* shelf_of(std::size_t bytes) {
  if (bytes <= (std::size_t{1} << (kSmallest - 1)) || bytes > (std::size_t{1} << kLargest)) {
    return nullptr;
  }
  return store_is_gone ? nullptr
                       : &store.shelves[static_cast<std::size_t>(power_of(bytes) - kSmallest)];
}

}  // namespace

void* take_memory(std::size_t bytes) {
  Shelf* shelf = shelf_of(bytes);
  if (shelf == nullptr) return ::operator new(bytes, kAlignment);
  if (shelf->count > 0) return shelf->blocks[--shelf->count];
  return ::operator new (std::size_t{1} << power_of(bytes), kAlignment);
}

void give_memory(void* memory, std::size_t bytes) noexcept {
  Shelf* shelf = shelf_of(bytes);
  if (shelf != nullptr && shelf->count < kKept) {
    shelf->blocks[shelf->count++] = memory;
    return;
  }
  ::operator delete(memory, kAlignment);
}

}  // namespace ersatz::data::scenes
