# Everything Ersatz links. `make deps` installs all of it on Debian 12.

include(ErsatzPackages)
include(ErsatzTorch)

# c10d's process groups: libtorch has them compiled in, but their headers include those of Gloo and
# NCCL, which no libtorch brings along.
find_path(ERSATZ_GLOO_HEADERS gloo/algorithm.h)
if(NOT ERSATZ_GLOO_HEADERS)
  message(WARNING "gloo/algorithm.h was not found (libgloo-dev): nothing can run as several ranks")
endif()
option(ERSATZ_NCCL "Ranks on GPUs exchange tensors by NCCL (needs nccl.h)" OFF)
if(ERSATZ_NCCL)
  find_path(ERSATZ_NCCL_HEADERS nccl.h REQUIRED HINTS $ENV{NCCL_HOME}/include ${ERSATZ_CUDA_HEADERS}
            ${ERSATZ_TORCH}/../nvidia/nccl/include)
endif()

# libtorch's headers are precompiled once for the libraries and once, with GoogleTest, for the tests.
# Not torch/torch.h: its modules, optimisers and loaders are templates that every file would
# instantiate anew, which doubles the time a file takes to compile.
set(ersatz_torch_headers <torch/types.h> <torch/utils.h> <torch/autograd.h> <torch/nn/module.h>)
function(ersatz_precompiled_header name)
  # Unlike file(WRITE), leaves the file alone when it is right: its date decides about everything
  # that uses the header.
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/${name}.cpp
       CONTENT "// Compiles a shared precompiled header.\n")
  add_library(${name} STATIC ${CMAKE_BINARY_DIR}/${name}.cpp)
  target_link_libraries(${name} PUBLIC ersatz_torch PRIVATE ersatz_warnings)
  target_precompile_headers(${name} PRIVATE ${ARGN})
endfunction()
ersatz_precompiled_header(ersatz_torch_pch ${ersatz_torch_headers})

function(ersatz_use_torch target)
  target_link_libraries(${target} PUBLIC $<BUILD_INTERFACE:ersatz_torch>
    $<INSTALL_INTERFACE:ersatz::torch>)
  target_precompile_headers(${target} REUSE_FROM ersatz_torch_pch)
endfunction()

if(ERSATZ_TESTS)
  find_package(GTest REQUIRED)
  include(GoogleTest)
  ersatz_precompiled_header(ersatz_test_pch ${ersatz_torch_headers} <gtest/gtest.h>)
  target_link_libraries(ersatz_test_pch PUBLIC GTest::gtest)
  target_compile_options(ersatz_test_pch PRIVATE ${ERSATZ_TEST_OPTIMISATION})
endif()
if(ERSATZ_BENCHMARKS)
  find_package(benchmark REQUIRED)
endif()
