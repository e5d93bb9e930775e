# How kernels are proven without a GPU: lane by lane under the checker, as PTX in an interpreter, and whole, the
# product's own CUDA objects on a stand-in for the runtime library. cuda/README.md says what each proves.

# --- the checker: every load and store is watched. Sources are compiled with -fsanitize=thread for the calls that it
# --- puts at every access, and linked without its runtime: the checker answers the calls.
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND NOT FASTSLOW_SANITIZE)
  add_library(fastslow_checker STATIC
    checker/buffer.cc
    checker/callbacks.cc
    checker/checker.cc
    checker/fault_texts.cc
    checker/fibre_team.cc
    checker/lane_memory.cc
    checker/memory.cc)
  target_link_libraries(fastslow_checker PRIVATE fastslow_flags fmt::fmt)
  target_compile_options(fastslow_checker PRIVATE -O2 -g1 -U_FORTIFY_SOURCE)

  # All sources must be instrumented; libraries need not.
  function(fastslow_checked_tests name sources libraries)
    fastslow_tests(${name} "${sources}" "fastslow_checker;${libraries}")
    target_compile_options(${name} PRIVATE -O1 -g1 -fsanitize=thread -U_FORTIFY_SOURCE -fno-builtin-memcpy
      -fno-builtin-memmove -fno-builtin-memset -fno-builtin-memcmp
      "SHELL:-include ${CMAKE_CURRENT_SOURCE_DIR}/checker/instrument.hh")
  endfunction()
  # Programs under the real ThreadSanitizer, which tests run.
  function(fastslow_race_check name)
    add_executable(${name} ${ARGN})
    target_link_libraries(${name} PRIVATE fastslow_flags Threads::Threads)
    target_compile_options(${name} PRIVATE -O1 -g1 -fsanitize=thread)
    target_link_options(${name} PRIVATE -fsanitize=thread)
  endfunction()

  fastslow_race_check(thread_race_check checker/thread_race_check.cc)
  fastslow_checked_tests(checker_tests
    "checker/checker_test.cc;checker/memory_test.cc;checker/thread_team_test.cc" Threads::Threads)
  target_compile_definitions(checker_tests PRIVATE FASTSLOW_THREAD_RACE_CHECK="$<TARGET_FILE:thread_race_check>")
  add_dependencies(checker_tests thread_race_check)
  fastslow_checked_tests(lane_ops_tests cuda/lane_ops_test.cc fastslow_codec)
endif()
