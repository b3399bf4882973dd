# Warnings are errors for our own code; library headers are SYSTEM and stay out of it.
add_library(relay_warnings INTERFACE)
target_compile_options(relay_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Werror)
# What must never be ends a program that is tested (flush/flusher.cc); in release it is counted.
target_compile_definitions(relay_warnings INTERFACE $<$<CONFIG:Debug>:RELAY_CHECKED>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # GCC 12 sees "text" + std::string overlap itself once it is inlined: gcc.gnu.org/PR105651.
  target_compile_options(relay_warnings INTERFACE -Wno-restrict)
endif()
if(CMAKE_UNITY_BUILD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC knows a source file from a header by its being the one compiled, and joined ones are not: gcc.gnu.org/PR70413.
  target_compile_options(relay_warnings INTERFACE -Wno-subobject-linkage)
endif()
# What makes a flaw harder to use: no fixed addresses, no writable tables of functions, checked stacks and copies.
# CMake says -fPIE (CMAKE_POSITION_INDEPENDENT_CODE) and, with this, -pie. The sanitizers bring checks of their own, and
# a fortified copy needs the optimiser. tests/tidy/hardening_test.cc looks at the program.
include(CheckPIESupported)
check_pie_supported()
if(NOT RELAY_SANITIZE)
  target_compile_options(relay_warnings INTERFACE
    $<$<CONFIG:Release,RelWithDebInfo,MinSizeRel>:-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=2;-fstack-protector-strong>)
  target_link_options(relay_warnings INTERFACE -Wl,-z,relro,-z,now)
endif()
if(RELAY_SANITIZE)
  target_compile_options(relay_warnings INTERFACE -fsanitize=${RELAY_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(relay_warnings INTERFACE -fsanitize=${RELAY_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # With instrumentation GCC 12 takes the inside of <regex> and <functional> for uninitialised.
    target_compile_options(relay_warnings INTERFACE -Wno-maybe-uninitialized)
  endif()
  if(RELAY_SANITIZE MATCHES undefined)
    target_compile_options(relay_warnings INTERFACE -fno-sanitize-recover=undefined)
  endif()
  if(RELAY_SANITIZE MATCHES thread AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # moodycamel's fences are invisible to TSan; tests/tsan.supp has the one suppression.
    target_compile_options(relay_warnings INTERFACE -Wno-tsan)
  endif()
endif()

# The nouns that cross a stage's border: headers only, and the version.
add_library(relay_types INTERFACE)
add_library(firebase_relay::types ALIAS relay_types)
target_include_directories(relay_types INTERFACE "${PROJECT_SOURCE_DIR}/include")
target_include_directories(relay_types SYSTEM INTERFACE "${EXPECTED_INCLUDE}")
target_compile_definitions(relay_types INTERFACE FIREBASE_RELAY_VERSION="${PROJECT_VERSION}")

# relay_stage(NAME SOURCES a.cc … [USES targets its header needs …] [HIDES targets only its sources need …] [SHARDS n])
# One folder, one library firebase_relay::NAME, one test program NAME_test of all tests/NAME/*_test.cc, so that none is forgotten.
function(relay_stage name)
  cmake_parse_arguments(arg "" "SHARDS" "SOURCES;USES;HIDES" ${ARGN})
  add_library(relay_${name} ${arg_SOURCES})
  add_library(firebase_relay::${name} ALIAS relay_${name})
  target_include_directories(relay_${name} PUBLIC "${PROJECT_SOURCE_DIR}/src")
  target_link_libraries(relay_${name} PUBLIC firebase_relay::types ${arg_USES} PRIVATE ${arg_HIDES} relay_warnings)
  file(GLOB tests CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/${name}/*_test.cc")
  if(RELAY_TESTS AND tests)
    relay_test(${name}_test SOURCES ${tests} USES firebase_relay::${name} ${arg_HIDES} SHARDS ${arg_SHARDS})
  endif()
endfunction()

# relay_test(NAME SOURCES a_test.cc … [USES targets …] [LABEL unit|simulation|pipeline|faults] [TIMEOUT seconds] [SHARDS n])
# SHARDS: its tests mostly wait, so they are n tests of ctest, which may run side by side.
# ctest runs the whole program as one test: starting a process per case costs more than most cases.
function(relay_test name)
  cmake_parse_arguments(arg "" "LABEL;TIMEOUT;SHARDS" "SOURCES;USES" ${ARGN})
  if(NOT arg_LABEL)
    set(arg_LABEL unit)
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}/tests")
  target_link_libraries(${name} PRIVATE ${arg_USES} test_paths relay_warnings GTest::gmock GTest::gtest GTest::gtest_main)
  # Tests compile in half the time so; what they test is compiled as the preset says.
  target_compile_options(${name} PRIVATE $<$<CONFIG:Release>:-O1> $<$<CONFIG:Debug>:-O0>)
  set_target_properties(${name} PROPERTIES INTERPROCEDURAL_OPTIMIZATION OFF)
  set(environment "TSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/tsan.supp" UBSAN_OPTIONS=print_stacktrace=1)
  if(arg_SHARDS)
    math(EXPR last "${arg_SHARDS} - 1")
    foreach(shard RANGE ${last})
      # Each writes its account into a folder of its own, or one would take the other's name; and works in one, since a
      # relay that is told of no outbox has it there.
      set(folder "${CMAKE_CURRENT_BINARY_DIR}/${name}_${shard}")
      file(MAKE_DIRECTORY "${folder}")
      add_test(NAME ${name}_${shard}
        COMMAND sh -c "export GTEST_OUTPUT=\"\${GTEST_OUTPUT:+\${GTEST_OUTPUT}${shard}/}\"; exec \"$0\"" $<TARGET_FILE:${name}>)
      list(APPEND names ${name}_${shard})
      set_tests_properties(${name}_${shard} PROPERTIES WORKING_DIRECTORY "${folder}"
        ENVIRONMENT "${environment};GTEST_TOTAL_SHARDS=${arg_SHARDS};GTEST_SHARD_INDEX=${shard}")
    endforeach()
  else()
    add_test(NAME ${name} COMMAND ${name})
    set(names ${name})
    set_tests_properties(${name} PROPERTIES ENVIRONMENT "${environment}")
  endif()
  # The longest first, where they run side by side.
  set_tests_properties(${names} PROPERTIES LABELS ${arg_LABEL} TIMEOUT ${arg_TIMEOUT} COST ${arg_TIMEOUT})
endfunction()
