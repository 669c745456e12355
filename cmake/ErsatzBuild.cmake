# Compiler settings and the functions with which every folder describes itself.

set(CMAKE_CXX_STANDARD 17)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()
set(CMAKE_CXX_FLAGS_RELEASE "-O2")
# Tests are compiled once and run for seconds.
set(ERSATZ_TEST_OPTIMISATION $<$<CONFIG:Release>:-O1>)
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g1")

find_program(ERSATZ_CCACHE ccache)
if(ERSATZ_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Precompiled headers need the sloppiness; without it ccache refuses every file that uses one.
  # With the compiler's own list of headers a miss costs no run of the preprocessor.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      CCACHE_DEPEND=1
      ${ERSATZ_CCACHE})
endif()
find_program(ERSATZ_MOLD mold)
if(ERSATZ_MOLD)
  add_link_options(-fuse-ld=mold)
endif()
if(ERSATZ_SANITIZE)
  add_compile_options(-fsanitize=${ERSATZ_SANITIZE} -fno-omit-frame-pointer -g1)
  add_link_options(-fsanitize=${ERSATZ_SANITIZE})
endif()
if(ERSATZ_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "ERSATZ_FUZZ needs clang: -DCMAKE_CXX_COMPILER=clang++")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined,float-cast-overflow -fno-omit-frame-pointer -g1)
  add_link_options(-fsanitize=address,undefined,float-cast-overflow)
endif()

# Most of the time a file takes to compile goes into the templates of the headers it includes, each time
# anew: the files of a target are compiled eight at a time, as one. Names in unnamed namespaces are then
# seen by their neighbours; a file whose names are those of a neighbour is listed under ALONE.
set(CMAKE_UNITY_BUILD ${ERSATZ_UNITY})
set(CMAKE_UNITY_BUILD_BATCH_SIZE 8)

add_library(ersatz_warnings INTERFACE)
target_compile_options(ersatz_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Woverloaded-virtual
  $<$<BOOL:${ERSATZ_WERROR}>:-Werror>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 reports these inside the standard library when it inlines our -O2 code.
  target_compile_options(ersatz_warnings INTERFACE -Wno-restrict -Wno-maybe-uninitialized
    -Wno-stringop-overflow -Wno-array-bounds -Wno-dangling-pointer)
  if(ERSATZ_UNITY)
    # Types of a file's own are taken for a header's, as the file is included.
    target_compile_options(ersatz_warnings INTERFACE -Wno-subobject-linkage)
  endif()
endif()

include(GNUInstallDirs)
if(CMAKE_BUILD_RPATH)
  set(CMAKE_INSTALL_RPATH ${CMAKE_BUILD_RPATH})
endif()

function(ersatz_compile_alone)
  if(ARGN)
    set_source_files_properties(${ARGN} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  endif()
endfunction()

# ersatz_library(<name> SOURCES a.cpp ... [ALONE b.cpp ...] [DEPS target ...] [TORCH])
# A static library of this folder; headers are included as "folder/name.h". TORCH: uses libtorch,
# with its header precompiled once and shared. Installed: other projects link it as ersatz::<name>
# without "ersatz_" (cmake/ErsatzInstall.cmake).
function(ersatz_library name)
  cmake_parse_arguments(ARG "TORCH" "" "SOURCES;ALONE;DEPS" ${ARGN})
  ersatz_compile_alone(${ARG_ALONE})
  add_library(${name} STATIC ${ARG_SOURCES} ${ARG_ALONE})
  target_include_directories(${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/src>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/ersatz>)
  target_compile_features(${name} INTERFACE cxx_std_17)
  target_link_libraries(${name} PUBLIC ${ARG_DEPS} PRIVATE $<BUILD_INTERFACE:ersatz_warnings>)
  if(ARG_TORCH)
    ersatz_use_torch(${name})
  endif()
  string(REGEX REPLACE "^ersatz_" "" exported ${name})
  set_target_properties(${name} PROPERTIES EXPORT_NAME ${exported})
  install(TARGETS ${name} EXPORT ersatz-targets COMPONENT modules
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
endfunction()

# A program that `make install` installs.
function(ersatz_install_program name)
  install(TARGETS ${name} COMPONENT programs RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endfunction()

# ersatz_test(<name> SOURCES ... [ALONE ...] DEPS ... [TORCH] [TOGETHER] [LABELS fast|slow|fault...] [TIMEOUT s])
# A GoogleTest program. CTest runs its tests one by one, those of a fast program suite by suite (10
# minutes or TIMEOUT each). TOGETHER: all as one, because they share a costly preparation; it is started
# before the others. `make test` leaves out what is labelled slow.
function(ersatz_test name)
  cmake_parse_arguments(ARG "TORCH;TOGETHER" "TIMEOUT" "SOURCES;ALONE;DEPS;LABELS" ${ARGN})
  ersatz_compile_alone(${ARG_ALONE})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  add_executable(${name} ${ARG_SOURCES} ${ARG_ALONE})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_compile_definitions(${name} PRIVATE
    ERSATZ_BIN_DIR="${CMAKE_BINARY_DIR}/bin")
  target_link_libraries(${name} PRIVATE ${ARG_DEPS} ersatz_test_support ersatz_warnings)
  target_compile_options(${name} PRIVATE ${ERSATZ_TEST_OPTIMISATION})
  if(ARG_TORCH)
    target_link_libraries(${name} PRIVATE ersatz_torch)
    target_precompile_headers(${name} REUSE_FROM ersatz_test_pch)
  endif()
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  set(properties TIMEOUT ${ARG_TIMEOUT}
    ENVIRONMENT "ERSATZ_HOME=${PROJECT_SOURCE_DIR}"
    ENVIRONMENT_MODIFICATION "OPENBLAS_THREAD_TIMEOUT=set:4")
  if(ARG_TOGETHER)
    add_test(NAME ${name} COMMAND ${name})
    set_tests_properties(${name} PROPERTIES ${properties} LABELS "${ARG_LABELS}" COST 1000)
  elseif("${ARG_LABELS}" STREQUAL fast)
    set(timeout ${ARG_TIMEOUT})
    if(timeout LESS 600)
      set(timeout 600)
    endif()
    set(suites ${CMAKE_CURRENT_BINARY_DIR}/${name}_suites.cmake)
    file(CONFIGURE OUTPUT ${suites} @ONLY CONTENT
"include(\"@PROJECT_SOURCE_DIR@/cmake/ErsatzTestSuites.cmake\")
ersatz_add_suites(@name@ \"@CMAKE_BINARY_DIR@/tests/@name@\" \"@CMAKE_CURRENT_BINARY_DIR@/@name@_suite_names.cmake\"
  LABELS fast TIMEOUT @timeout@ WORKING_DIRECTORY \"@CMAKE_CURRENT_BINARY_DIR@\"
  ENVIRONMENT \"ERSATZ_HOME=@PROJECT_SOURCE_DIR@\" ENVIRONMENT_MODIFICATION OPENBLAS_THREAD_TIMEOUT=set:4)
")
    set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES ${suites})
  else()
    gtest_discover_tests(${name} TEST_PREFIX "${name}." DISCOVERY_MODE PRE_TEST
      PROPERTIES ${properties})
    # gtest_discover_tests takes no value that is a list: it is set when the tests are known.
    set(labels ${CMAKE_CURRENT_BINARY_DIR}/${name}_labels.cmake)
    file(CONFIGURE OUTPUT ${labels} @ONLY CONTENT
"if(@name@_TESTS)
  set_tests_properties(\${@name@_TESTS} PROPERTIES LABELS \"@ARG_LABELS@\")
endif()
")
    set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES ${labels})
  endif()
endfunction()

# ersatz_test_fixture(<name> SOURCES ... [ALONE ...] [DEPS target ...] [TORCH])
# What several test programs share, compiled once.
function(ersatz_test_fixture name)
  cmake_parse_arguments(ARG "TORCH" "" "SOURCES;ALONE;DEPS" ${ARGN})
  ersatz_compile_alone(${ARG_ALONE})
  add_library(${name} STATIC ${ARG_SOURCES} ${ARG_ALONE})
  target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR}/tests)
  target_compile_definitions(${name} PRIVATE ERSATZ_BIN_DIR="${CMAKE_BINARY_DIR}/bin")
  target_link_libraries(${name} PUBLIC ${ARG_DEPS} ersatz_test_support PRIVATE ersatz_warnings)
  target_compile_options(${name} PRIVATE ${ERSATZ_TEST_OPTIMISATION})
  if(ARG_TORCH)
    target_link_libraries(${name} PUBLIC ersatz_torch)
    target_precompile_headers(${name} REUSE_FROM ersatz_test_pch)
  endif()
endfunction()

# ersatz_benchmark(<name> SOURCES ... [ALONE ...] DEPS ... [TORCH])
function(ersatz_benchmark name)
  cmake_parse_arguments(ARG "TORCH" "" "SOURCES;ALONE;DEPS" ${ARGN})
  ersatz_compile_alone(${ARG_ALONE})
  add_executable(${name} ${ARG_SOURCES} ${ARG_ALONE} $<TARGET_OBJECTS:ersatz_bench_context>)
  target_link_libraries(${name} PRIVATE ${ARG_DEPS} ersatz_core benchmark::benchmark ersatz_warnings)
  if(ARG_TORCH)
    ersatz_use_torch(${name})
  endif()
endfunction()

# ersatz_experiment(<id> SOURCES ... [ALONE ...] DEPS ...): the program reproduce-<id>, installed when the
# experiment is one of the project's.
function(ersatz_experiment id)
  cmake_parse_arguments(ARG "" "" "SOURCES;ALONE;DEPS" ${ARGN})
  ersatz_compile_alone(${ARG_ALONE})
  add_executable(reproduce-${id} ${ARG_SOURCES} ${ARG_ALONE})
  target_link_libraries(reproduce-${id} PRIVATE ersatz_runner ${ARG_DEPS} ersatz_warnings)
  cmake_path(GET CMAKE_CURRENT_SOURCE_DIR PARENT_PATH parent)
  if(parent STREQUAL "${PROJECT_SOURCE_DIR}/experiments")
    ersatz_install_program(reproduce-${id})
  endif()
endfunction()
