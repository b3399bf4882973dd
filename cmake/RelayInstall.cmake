# cmake --install and the Debian package (cpack): the program, its routes, licence, systemd unit and man page; no test, no tool.
# Some files name their place, so give it when configuring (-DCMAKE_INSTALL_PREFIX=/usr), not to cmake --install.
# Named after the program; it would be after the project.
set(CMAKE_INSTALL_DOCDIR share/doc/firebase-relay CACHE PATH "Documentation")
include(GNUInstallDirs)
find_program(RELAY_GZIP gzip REQUIRED)

set(RELAY_PACKAGING "${PROJECT_SOURCE_DIR}/packaging")
foreach(file firebase-relay.service firebase-relay.1 changelog)
  configure_file("${RELAY_PACKAGING}/${file}.in" "${PROJECT_BINARY_DIR}/packaging/${file}" @ONLY)
endforeach()
# Without name and time in it: the same file from each build.
foreach(file firebase-relay.1 changelog)
  execute_process(COMMAND "${RELAY_GZIP}" -9nc "${PROJECT_BINARY_DIR}/packaging/${file}"
    OUTPUT_FILE "${PROJECT_BINARY_DIR}/packaging/${file}.gz" COMMAND_ERROR_IS_FATAL ANY)
endforeach()

install(TARGETS firebase-relay RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
install(FILES "${PROJECT_BINARY_DIR}/packaging/firebase-relay.service" DESTINATION lib/systemd/system)
install(FILES "${PROJECT_BINARY_DIR}/packaging/firebase-relay.1.gz" DESTINATION "${CMAKE_INSTALL_MANDIR}/man1")
install(FILES "${RELAY_PACKAGING}/copyright" "${PROJECT_BINARY_DIR}/packaging/changelog.gz" DESTINATION "${CMAKE_INSTALL_DOCDIR}")
install(FILES routes.json "${RELAY_PACKAGING}/relay.env" DESTINATION "${CMAKE_INSTALL_DOCDIR}/examples")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME firebase-relay)
set(CPACK_PACKAGE_VERSION "${PROJECT_VERSION}")
set(CPACK_PACKAGE_CONTACT "The authors of firebase-relay <firebase-relay@localhost>")
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS ca-certificates)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS redis-server)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "relay from Redis pub/sub to a Firebase Realtime Database")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "Subscribes to every channel of a Redis, shows the messages on the console, and
keeps a Firebase Realtime Database up to date with them: live values for a
phone, and the whole history. Comes with a sandboxed systemd service.")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA "${RELAY_PACKAGING}/postinst;${RELAY_PACKAGING}/prerm")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
