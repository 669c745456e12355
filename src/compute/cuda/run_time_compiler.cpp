#include "compute/cuda/run_time_compiler.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"

namespace ersatz::compute::cuda {

namespace {

using core::Error;

// Depends on NVRTC and on the driver, so what it is asked for is searched in these as well.
constexpr const char* kLibrary = "libcaffe2_nvrtc.so";

void* open_library() {
  void* library = dlopen(kLibrary, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) throw Error::internal(fmt::format("cannot load NVRTC: {}", dlerror()));
  return library;
}

template <typename Function>
void find(void* library, const char* name, Function& function) {
  void* const address = dlsym(library, name);
  if (address == nullptr) throw Error::internal(fmt::format("{} has no {}", kLibrary, name));
  function = reinterpret_cast<Function>(address);
}

RunTimeCompiler load() {
  void* const library = open_library();
  RunTimeCompiler all{};
  find(library, "nvrtcCreateProgram", all.create_program);
  find(library, "nvrtcCompileProgram", all.compile_program);
  find(library, "nvrtcDestroyProgram", all.destroy_program);
  find(library, "nvrtcGetProgramLogSize", all.log_size);
  find(library, "nvrtcGetProgramLog", all.log);
  find(library, "nvrtcGetNumSupportedArchs", all.supported_count);
  find(library, "nvrtcGetSupportedArchs", all.supported);
  find(library, "nvrtcGetPTXSize", all.ptx_size);
  find(library, "nvrtcGetPTX", all.ptx);
  find(library, "nvrtcGetCUBINSize", all.machine_code_size);
  find(library, "nvrtcGetCUBIN", all.machine_code);
  find(library, "cuDeviceGet", all.device);
  find(library, "cuDeviceGetAttribute", all.device_attribute);
  find(library, "cuCtxGetCurrent", all.current_context);
  find(library, "cuDevicePrimaryCtxRetain", all.retain_context);
  find(library, "cuCtxSetCurrent", all.set_context);
  find(library, "cuModuleLoadData", all.load_module);
  find(library, "cuModuleGetFunction", all.find_function);
  find(library, "cuLaunchKernel", all.launch);
  return all;
}

// The newest architecture that the compiler knows and the GPU runs.
int architecture_for(const RunTimeCompiler& compiler, int capability) {
  int count = 0;
  require_success(compiler.supported_count(&count), "nvrtcGetNumSupportedArchs");
  std::vector<int> known(static_cast<std::size_t>(std::max(count, 1)));
  require_success(compiler.supported(known.data()), "nvrtcGetSupportedArchs");
  int best = 0;
  for (const int one : known) {
    if (one <= capability) best = std::max(best, one);
  }
  if (best == 0) throw Error::internal(fmt::format("NVRTC knows no GPU like sm_{}", capability));
  return best;
}

// One program of the compiler's.
class Compilation {
 public:
  Compilation(const RunTimeCompiler& compiler, const std::string& source, const std::string& name)
      : compiler_(compiler) {
    require_success(
        compiler.create_program(&program_, source.c_str(), name.c_str(), 0, nullptr, nullptr),
        "nvrtcCreateProgram");
  }
  ~Compilation() { compiler_.destroy_program(&program_); }
  Compilation(const Compilation&) = delete;
  Compilation& operator=(const Compilation&) = delete;

  void compile(const std::vector<std::string>& options) {
    std::vector<const char*> texts;
    for (const std::string& option : options) texts.push_back(option.c_str());
    const int result =
        compiler_.compile_program(program_, static_cast<int>(texts.size()), texts.data());
    if (result == 0) return;
    std::size_t size = 0;
    compiler_.log_size(program_, &size);
    std::string log(std::max<std::size_t>(size, 1), '\0');
    compiler_.log(program_, log.data());
    throw Error::internal(fmt::format("NVRTC, error {}: {}", result, log.c_str()));
  }

  std::string image(bool machine_code) const {
    std::size_t size = 0;
    require_success(
        (machine_code ? compiler_.machine_code_size : compiler_.ptx_size)(program_, &size),
        "size of what NVRTC made");
    std::string bytes(size, '\0');
    require_success((machine_code ? compiler_.machine_code : compiler_.ptx)(program_, bytes.data()),
                    "what NVRTC made");
    return bytes;
  }

 private:
  const RunTimeCompiler& compiler_;
  RunTimeCompiler::Handle program_ = nullptr;
};

}  // namespace

void require_success(int result, const char* what) {
  if (result != 0) throw Error::internal(fmt::format("{}: error {}", what, result));
}

const RunTimeCompiler& RunTimeCompiler::get() {
  static const RunTimeCompiler compiler = load();
  return compiler;
}

std::string compile_for_gpu(const std::string& source, const std::string& name,
                            const std::vector<std::string>& options, int capability) {
  const RunTimeCompiler& compiler = RunTimeCompiler::get();
  const int architecture = architecture_for(compiler, capability);
  const bool machine_code = architecture == capability;
  Compilation compilation(compiler, source, name);
  std::vector<std::string> all = options;
  all.push_back(
      fmt::format("--gpu-architecture={}_{}", machine_code ? "sm" : "compute", architecture));
  compilation.compile(all);
  return compilation.image(machine_code);
}

}  // namespace ersatz::compute::cuda
