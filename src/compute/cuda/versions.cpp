#include "compute/cuda/versions.h"

#include <sstream>

namespace ersatz::compute::cuda {

std::string versions(const std::string& configuration) {
  std::string found;
  std::istringstream lines(configuration);
  for (std::string line; std::getline(lines, line);) {
    for (const char* of : {"CUDA Runtime ", "CuDNN "}) {
      const std::size_t at = line.find(of);
      if (at == std::string::npos) continue;
      const std::size_t end = line.find("  (", at);  // "  (built against CUDA 13.1)"
      found += (found.empty() ? "" : ", ") + line.substr(at, end - at);
    }
  }
  while (!found.empty() && found.back() == ' ') found.pop_back();
  return found;
}

}  // namespace ersatz::compute::cuda
