# The target ersatz_torch. Also read by projects that use the installed modules.

# libtorch: Debian's package, or an official one through CMAKE_PREFIX_PATH. Its CMake files append
# to CMAKE_CXX_FLAGS, which must not reach the programs that do not use it. The one in a Python
# package (site-packages/torch) has CMake files that ask for the whole CUDA toolkit: ERSATZ_TORCH
# names its folder, and they are not read.
set(ERSATZ_TORCH "" CACHE PATH "A folder with libtorch's include/ and lib/, used without its CMake files")
if(ERSATZ_TORCH)
  set(TORCH_INCLUDE_DIRS ${ERSATZ_TORCH}/include ${ERSATZ_TORCH}/include/torch/csrc/api/include)
  # The standard library comes first: these libraries export parts of an older one of their own
  # (std::filesystem), which would be found in its place. It is the shared one that is named, as
  # they use it, too: some compilers link a static one, and with two of them std::call_once of one
  # finds the state of the other, and memory of one is freed by the other.
  execute_process(COMMAND ${CMAKE_CXX_COMPILER} -print-file-name=libstdc++.so.6
                  OUTPUT_VARIABLE ersatz_shared_stdcxx OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(NOT IS_ABSOLUTE "${ersatz_shared_stdcxx}")
    set(ersatz_shared_stdcxx -lstdc++)
  endif()
  set(TORCH_LIBRARIES -Wl,--no-as-needed ${ersatz_shared_stdcxx})
  foreach(name torch torch_cpu torch_cuda c10 c10_cuda)
    if(EXISTS ${ERSATZ_TORCH}/lib/lib${name}.so)
      list(APPEND TORCH_LIBRARIES ${ERSATZ_TORCH}/lib/lib${name}.so)
    endif()
  endforeach()
  list(APPEND TORCH_LIBRARIES -Wl,--as-needed)
  # Its own dependencies are found by its run path, at run time.
  add_link_options(-Wl,--allow-shlib-undefined)
  list(APPEND CMAKE_BUILD_RPATH ${ERSATZ_TORCH}/lib)
else()
  set(ersatz_saved_flags "${CMAKE_CXX_FLAGS}")
  find_package(Torch REQUIRED)
  set(ERSATZ_TORCH_FLAGS "${TORCH_CXX_FLAGS}")
  set(CMAKE_CXX_FLAGS "${ersatz_saved_flags}")
endif()
list(GET TORCH_INCLUDE_DIRS 0 ersatz_torch_headers_at)

# What its headers ask for: C++20 since some version after 2.6.
file(STRINGS ${ersatz_torch_headers_at}/ATen/ATen.h ersatz_torch_standard REGEX "C\\+\\+20 or later")
if(ersatz_torch_standard)
  set(CMAKE_CXX_STANDARD 20)
endif()

add_library(ersatz_torch INTERFACE)
target_include_directories(ersatz_torch SYSTEM INTERFACE ${TORCH_INCLUDE_DIRS})
target_link_libraries(ersatz_torch INTERFACE ${TORCH_LIBRARIES})
if(ERSATZ_TORCH)
  # Built without assertions, on which the layout of some classes in its headers depends.
  target_compile_definitions(ersatz_torch INTERFACE NDEBUG)
endif()
if(ERSATZ_TORCH_FLAGS)
  separate_arguments(ersatz_torch_flag_list UNIX_COMMAND "${ERSATZ_TORCH_FLAGS}")
  target_compile_options(ersatz_torch INTERFACE ${ersatz_torch_flag_list})
endif()

# CUDA graphs and the names of GPUs need the headers of CUDA's runtime.
if("${TORCH_LIBRARIES}" MATCHES "cuda")
  find_path(ERSATZ_CUDA_HEADERS cuda_runtime_api.h
            HINTS $ENV{CUDA_HOME}/include /usr/local/cuda/include ${CUDA_INCLUDE_DIRS})
  if(ERSATZ_CUDA_HEADERS)
    target_include_directories(ersatz_torch SYSTEM INTERFACE ${ERSATZ_CUDA_HEADERS})
    target_compile_definitions(ersatz_torch INTERFACE ERSATZ_WITH_CUDA)
    find_library(ERSATZ_CUDART cudart HINTS ${ERSATZ_CUDA_HEADERS}/../lib64 ${ERSATZ_CUDA_HEADERS}/../lib)
    if(ERSATZ_CUDART)
      target_link_libraries(ersatz_torch INTERFACE ${ERSATZ_CUDART})
    endif()
  else()
    message(WARNING "libtorch has CUDA, but cuda_runtime_api.h was not found: no CUDA graphs")
  endif()
endif()
