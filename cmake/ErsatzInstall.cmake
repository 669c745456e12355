# What `make install` installs besides libraries and programs: headers, the data that the programs
# read, and the package that find_package(ersatz) finds.
#
#   include/ersatz/<folder>/*.h      included as "core/error.h"
#   lib/libersatz_*.a                linked as ersatz::core, ersatz::coco, ...
#   lib/cmake/ersatz/                the package
#   share/ersatz/                    experiments (cards, profiles), data manifests, assets

include(CMakePackageConfigHelpers)
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/ersatz)

install(DIRECTORY src/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/ersatz COMPONENT modules
  FILES_MATCHING PATTERN "*.h")
install(EXPORT ersatz-targets NAMESPACE ersatz:: DESTINATION ${package} COMPONENT modules)
configure_package_config_file(cmake/ersatz-config.cmake.in ${CMAKE_BINARY_DIR}/ersatz-config.cmake
  INSTALL_DESTINATION ${package})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/ersatz-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/ersatz-config.cmake
  ${CMAKE_BINARY_DIR}/ersatz-config-version.cmake cmake/ErsatzPackages.cmake cmake/ErsatzTorch.cmake
  DESTINATION ${package} COMPONENT modules)

install(DIRECTORY experiments DESTINATION ${CMAKE_INSTALL_DATADIR}/ersatz COMPONENT programs
  FILES_MATCHING PATTERN "*.toml" PATTERN "*.json" PATTERN "README.md")
install(DIRECTORY data_manifests assets DESTINATION ${CMAKE_INSTALL_DATADIR}/ersatz
  COMPONENT programs)
install(FILES README.md LICENSE CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT programs)
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT programs
  FILES_MATCHING PATTERN "*.md")
