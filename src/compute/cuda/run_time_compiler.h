// NVRTC and the CUDA driver, found while the program runs: libtorch brings the one and loads both,
// and neither has to be there where this is built.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace ersatz::compute::cuda {

// The functions used of nvrtc.h and cuda.h. 0 means success; handles are opaque.
struct RunTimeCompiler {
  using Handle = void*;
  int (*create_program)(Handle* program, const char* source, const char* name, int headers,
                        const char* const* header_texts, const char* const* header_names);
  int (*compile_program)(Handle program, int options, const char* const* texts);
  int (*destroy_program)(Handle* program);
  int (*log_size)(Handle program, std::size_t* bytes);
  int (*log)(Handle program, char* text);
  int (*supported_count)(int* architectures);
  int (*supported)(int* architectures);
  int (*ptx_size)(Handle program, std::size_t* bytes);
  int (*ptx)(Handle program, char* text);
  int (*machine_code_size)(Handle program, std::size_t* bytes);
  int (*machine_code)(Handle program, char* bytes);
  int (*device)(int* device, int index);
  int (*device_attribute)(int* value, int attribute, int device);
  int (*current_context)(Handle* context);
  int (*retain_context)(Handle* context, int device);  // the one that the runtime uses
  int (*set_context)(Handle context);
  int (*load_module)(Handle* module, const void* image);
  int (*find_function)(Handle* function, Handle module, const char* name);
  int (*launch)(Handle function, unsigned grid_x, unsigned grid_y, unsigned grid_z,
                unsigned block_x, unsigned block_y, unsigned block_z, unsigned shared_bytes,
                Handle stream, void** arguments, void** extra);

  // Loaded once. Throws core::Error (internal) that names the library or function that is missing.
  static const RunTimeCompiler& get();
};

// Throws core::Error (internal) that names what has failed, unless `result` is 0.
void require_success(int result, const char* what);

// What the driver loads: machine code for GPUs of `capability` (major * 10 + minor), or PTX where
// this NVRTC is older than the GPU. Throws core::Error (internal) with the compiler's messages.
std::string compile_for_gpu(const std::string& source, const std::string& name,
                            const std::vector<std::string>& options, int capability);

}  // namespace ersatz::compute::cuda
