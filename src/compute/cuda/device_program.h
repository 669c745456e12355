// A program for a GPU, compiled while this one runs, and the launches of its functions.
#pragma once

#include <c10/core/Device.h>

#include <initializer_list>
#include <map>
#include <string>
#include <vector>

namespace ersatz::compute::cuda {

struct LaunchShape {
  unsigned blocks_x = 1, blocks_y = 1;
  unsigned threads = 1;       // of a block
  unsigned shared_bytes = 0;  // of a block, dynamic
};

class DeviceProgram {
 public:
  // Compiles and loads `source`, whose `functions` are extern "C", for the GPU `device`. Throws
  // core::Error (internal) where that cannot be done.
  DeviceProgram(const c10::Device& device, const std::string& source, const std::string& name,
                const std::vector<std::string>& options, const std::vector<std::string>& functions);

  // Queues a call on the device's current stream, which a recording follows. `arguments` point at
  // what the function takes, in its order and exact types. Throws c10::Error when it is refused.
  void launch(const std::string& function, const LaunchShape& shape,
              std::initializer_list<const void*> arguments) const;

 private:
  // Makes the device's context this thread's: one that has not called the runtime yet has none.
  void enter() const;

  c10::Device device_;
  void* context_ = nullptr;
  std::map<std::string, void*> functions_;
};

}  // namespace ersatz::compute::cuda
