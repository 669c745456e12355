# Writes OUTPUT with the commit the sources are at; run at every build, rewrites only on change.
set(commit "unknown")
set(dirty "")
find_program(git git)
if(git)
  execute_process(COMMAND ${git} -C ${SOURCE_DIR} rev-parse HEAD
                  OUTPUT_VARIABLE head OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
  if(NOT failed)
    set(commit ${head})
    # Only what is compiled or read at run time counts as a difference.
    execute_process(COMMAND ${git} -C ${SOURCE_DIR} diff HEAD -- src experiments data_manifests cmake CMakeLists.txt
                    OUTPUT_VARIABLE difference ERROR_QUIET)
    if(difference)
      string(SHA256 digest "${difference}")
      string(SUBSTRING ${digest} 0 16 dirty)
    endif()
  endif()
endif()
# A copy of the sources without their history, as build machines get it: whoever copied a clean tree
# may say which.
if(commit STREQUAL "unknown" AND NOT "$ENV{ERSATZ_GIT_COMMIT}" STREQUAL "")
  set(commit "$ENV{ERSATZ_GIT_COMMIT}")
endif()
set(text "#pragma once
#define ERSATZ_VERSION \"${VERSION}\"
#define ERSATZ_GIT_COMMIT \"${commit}\"
#define ERSATZ_GIT_DIRTY \"${dirty}\"
#define ERSATZ_COMPILER \"${COMPILER}\"
#define ERSATZ_BUILD_TYPE \"${BUILD_TYPE}\"
#define ERSATZ_FLAGS \"${FLAGS}\"
")
if(EXISTS ${OUTPUT})
  file(READ ${OUTPUT} existing)
endif()
if(NOT "${existing}" STREQUAL "${text}")
  file(WRITE ${OUTPUT} "${text}")
endif()
