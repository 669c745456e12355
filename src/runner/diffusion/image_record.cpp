#include "runner/diffusion/image_record.h"

#include <algorithm>

#include "compute/numerics.h"
#include "compute/torch_shim.h"
#include "core/build_info.h"
#include "core/machine.h"

namespace ersatz::runner {
namespace {

std::string device_name(c10::Device device) {
  return device.is_cuda() ? compute::cuda_device_name(std::max<int>(0, device.index()))
                          : core::this_machine().cpu_model;
}

}  // namespace

core::Json image_record(const ImageRecordInput& input) {
  const core::BuildInfo& build = core::build_info();
  const double rate =
      input.sampled > 0 ? static_cast<double>(input.network_calls) / input.sampled : 0;
  return {{"model", {{"name", input.model.name}, {"files", input.model.files}}},
          {"seconds",
           {{"batch", input.batch},
            {"network_calls", input.network_calls},
            {"sampling", input.sampled},
            {"decoding", input.finished - input.sampled},
            {"total", input.finished},
            {"calls_per_second", rate}}},
          {"machine",
           {{"device", input.device.str()},
            {"name", device_name(input.device)},
            {"threads", input.threads},
            {"peak_memory_bytes", core::peak_memory_bytes()}}},
          {"software",
           {{"ersatz", build.version},
            {"commit", build.commit},
            {"uncommitted", build.dirty},
            {"libtorch", compute::libtorch_version()}}},
          {"created", core::utc_now()}};
}

}  // namespace ersatz::runner
