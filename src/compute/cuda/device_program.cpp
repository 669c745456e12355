#include "compute/cuda/device_program.h"

#include <c10/core/DeviceGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <c10/util/Exception.h>
#include <fmt/format.h>

#include "compute/cuda/run_time_compiler.h"
#include "core/error.h"

namespace ersatz::compute::cuda {

namespace {

// CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR and _MINOR.
constexpr int kMajor = 75, kMinor = 76;

}  // namespace

DeviceProgram::DeviceProgram(const c10::Device& device, const std::string& source,
                             const std::string& name, const std::vector<std::string>& options,
                             const std::vector<std::string>& functions)
    : device_(device) {
  const RunTimeCompiler& driver = RunTimeCompiler::get();
  const c10::DeviceGuard guard(device);
  int number = 0, major = 0, minor = 0;
  require_success(driver.device(&number, device.index()), "cuDeviceGet");
  require_success(driver.device_attribute(&major, kMajor, number), "cuDeviceGetAttribute");
  require_success(driver.device_attribute(&minor, kMinor, number), "cuDeviceGetAttribute");
  require_success(driver.retain_context(&context_, number), "cuDevicePrimaryCtxRetain");
  enter();
  const std::string image = compile_for_gpu(source, name, options, 10 * major + minor);
  RunTimeCompiler::Handle module = nullptr;
  require_success(driver.load_module(&module, image.data()), "cuModuleLoadData");
  for (const std::string& function : functions) {
    if (driver.find_function(&functions_[function], module, function.c_str()) != 0) {
      throw core::Error::internal(fmt::format("{} has no function {}", name, function));
    }
  }
}

void DeviceProgram::enter() const {
  const RunTimeCompiler& driver = RunTimeCompiler::get();
  RunTimeCompiler::Handle current = nullptr;
  if (driver.current_context(&current) == 0 && current == context_) return;
  require_success(driver.set_context(context_), "cuCtxSetCurrent");
}

void DeviceProgram::launch(const std::string& function, const LaunchShape& shape,
                           std::initializer_list<const void*> arguments) const {
  const RunTimeCompiler& driver = RunTimeCompiler::get();
  const c10::DeviceGuard guard(device_);
  enter();
  std::vector<void*> pointers;
  for (const void* argument : arguments) pointers.push_back(const_cast<void*>(argument));
  const int result =
      driver.launch(functions_.at(function), shape.blocks_x, shape.blocks_y, 1, shape.threads, 1, 1,
                    shape.shared_bytes, c10::cuda::getCurrentCUDAStream(device_.index()).stream(),
                    pointers.data(), nullptr);
  TORCH_CHECK(result == 0, "launch of ", function, " on ", device_, ": error ", result);
}

}  // namespace ersatz::compute::cuda
