# What `cmake --install` puts where, and what `cpack -G DEB` packs: the programs with manual page and completions, and
# the codec as a library of its own.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

install(TARGETS fastslow fastslow_worker)
# Where host/media_module.cc looks for it.
install(TARGETS fastslow_media DESTINATION lib/fastslow)

# Made by the program when it is installed: a build only builds, also where the program cannot run.
set(made ${CMAKE_BINARY_DIR}/documentation)
file(MAKE_DIRECTORY ${made})
foreach(kind_and_file man=fastslow.1 bash=fastslow.bash zsh=_fastslow fish=fastslow.fish)
  string(REPLACE = ";" pair ${kind_and_file})
  list(GET pair 0 kind)
  list(GET pair 1 file)
  install(CODE "execute_process(COMMAND \"$<TARGET_FILE:fastslow>\" documentation ${kind}
    OUTPUT_FILE \"${made}/${file}\" COMMAND_ERROR_IS_FATAL ANY)")
endforeach()
install(FILES ${made}/fastslow.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${made}/fastslow.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME fastslow)
install(FILES ${made}/_fastslow DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
install(FILES ${made}/fastslow.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
install(FILES LICENSE RENAME copyright DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/fastslow)

# The codec, found by CMake as fastslow::codec and by pkg-config as fastslow-codec.
install(TARGETS fastslow_codec ARCHIVE)
install(DIRECTORY codec DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/fastslow FILES_MATCHING PATTERN "*.hh")
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/fastslow)
configure_package_config_file(codec/fastslow-config.cmake.in fastslow-config.cmake INSTALL_DESTINATION ${package_dir}
  PATH_VARS CMAKE_INSTALL_INCLUDEDIR CMAKE_INSTALL_LIBDIR)
write_basic_package_version_file(fastslow-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/fastslow-config.cmake ${CMAKE_BINARY_DIR}/fastslow-config-version.cmake
  DESTINATION ${package_dir})
file(RELATIVE_PATH up_to_prefix /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(codec/fastslow-codec.pc.in fastslow-codec.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/fastslow-codec.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

set(CPACK_GENERATOR DEB)
# dpkg accepts a name without an address; whoever distributes the package says who looks after it.
set(CPACK_PACKAGE_CONTACT "fastslow contributors" CACHE STRING "Maintainer of the Debian package: Name <address>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "massively parallel VP8 encoder that works on explicit states")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION video)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "libhwy-dev, libzstd-dev, libxxhash-dev, redis-server")
include(CPack)
