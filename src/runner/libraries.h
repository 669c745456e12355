// Versions of the libraries that results depend on, and the name of the device, for provenance.
#pragma once

#include <map>
#include <string>

namespace ersatz::runner {

// "libtorch" -> "1.13.1", "opencv", "freetype", "fmt".
std::map<std::string, std::string> library_versions();

// The CPU's model name, or the GPU's.
std::string device_name(const std::string& device);

}  // namespace ersatz::runner
