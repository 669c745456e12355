// Vectors whose memory a thread keeps for its next scene. A scene needs a few megabytes for a few
// milliseconds; getting them anew from the system each time takes a fifth of the drawing time.
#pragma once

#include <cstddef>
#include <vector>

namespace ersatz::data::scenes {

// Memory of at least `bytes`, aligned for any vector type, as it was left. Throws std::bad_alloc.
void* take_memory(std::size_t bytes);
// `bytes` as it was asked for; from any thread.
void give_memory(void* memory, std::size_t bytes) noexcept;

template <class T>
struct RecyclingAllocator {
  using value_type = T;
  RecyclingAllocator() = default;
  template <class Other>
  RecyclingAllocator(const RecyclingAllocator<Other>&) {}  // NOLINT(google-explicit-constructor)
  T* allocate(std::size_t count) { return static_cast<T*>(take_memory(count * sizeof(T))); }
  void deallocate(T* memory, std::size_t count) noexcept { give_memory(memory, count * sizeof(T)); }
  template <class Other>
  bool operator==(const RecyclingAllocator<Other>&) const {
    return true;
  }
};

template <class T>
using Recycled = std::vector<T, RecyclingAllocator<T>>;

}  // namespace ersatz::data::scenes
