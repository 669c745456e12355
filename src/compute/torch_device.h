// A device name as libtorch's type.
#pragma once

#include <c10/core/Device.h>

#include <string_view>

namespace ersatz::compute {

// As resolve_device (compute/device.h), with the same errors.
c10::Device torch_device(std::string_view text);

}  // namespace ersatz::compute
