# Everything Ersatz links. `make deps` installs all of it on Debian 12.

find_package(Threads REQUIRED)
find_package(CLI11 REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(CURL REQUIRED)
find_package(LibArchive REQUIRED)
find_package(Freetype REQUIRED)
find_package(OpenCV REQUIRED COMPONENTS core imgproc imgcodecs)
find_package(ZLIB REQUIRED)
find_package(PNG REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(pugixml REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(TurboJpeg REQUIRED IMPORTED_TARGET libturbojpeg)
pkg_check_modules(Pcre2 REQUIRED IMPORTED_TARGET libpcre2-8)
pkg_check_modules(Utf8proc REQUIRED IMPORTED_TARGET libutf8proc)

# libtorch: Debian's package, or an official one through CMAKE_PREFIX_PATH. Its CMake files append
# to CMAKE_CXX_FLAGS, which must not reach the programs that do not use it.
set(ersatz_saved_flags "${CMAKE_CXX_FLAGS}")
find_package(Torch REQUIRED)
set(ERSATZ_TORCH_FLAGS "${TORCH_CXX_FLAGS}")
set(CMAKE_CXX_FLAGS "${ersatz_saved_flags}")

add_library(ersatz_torch INTERFACE)
target_include_directories(ersatz_torch SYSTEM INTERFACE ${TORCH_INCLUDE_DIRS})
target_link_libraries(ersatz_torch INTERFACE ${TORCH_LIBRARIES})
if(ERSATZ_TORCH_FLAGS)
  separate_arguments(ersatz_torch_flag_list UNIX_COMMAND "${ERSATZ_TORCH_FLAGS}")
  target_compile_options(ersatz_torch INTERFACE ${ersatz_torch_flag_list})
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
  target_link_libraries(${target} PUBLIC ersatz_torch)
  target_precompile_headers(${target} REUSE_FROM ersatz_torch_pch)
endfunction()

if(ERSATZ_TESTS)
  find_package(GTest REQUIRED)
  include(GoogleTest)
  ersatz_precompiled_header(ersatz_test_pch ${ersatz_torch_headers} <gtest/gtest.h>)
  target_link_libraries(ersatz_test_pch PUBLIC GTest::gtest)
endif()
if(ERSATZ_BENCHMARKS)
  find_package(benchmark REQUIRED)
endif()
