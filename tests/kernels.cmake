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
  fastslow_race_check(kernel_race_check cuda/kernel_race_check.cc)
  target_link_libraries(kernel_race_check PRIVATE fastslow_device)
  fastslow_checked_tests(kernel_tests
    "cuda/kernels_test.cc;cuda/kernel_coding_test.cc;cuda/kernel_lookahead_test.cc;cuda/kernel_barriers_test.cc;cuda/kernel_barriers.cc;cuda/kernel_launches.cc;cuda/kernel_memory.cc;cuda/kernel_pictures.cc;cuda/kernel_vector_path.cc;codec/random_frame.cc;oracle/libvpx_oracle.cc"
    "fastslow_device;PkgConfig::VPX;TBB::tbb")
  target_compile_definitions(kernel_tests PRIVATE FASTSLOW_KERNEL_RACE_CHECK="$<TARGET_FILE:kernel_race_check>")
  add_dependencies(kernel_tests kernel_race_check)
  fastslow_checked_tests(skeleton_tests "cuda/skeleton_test.cc;cuda/skeleton_vector.cc" fastslow_codec)
endif()

# The interpreter is no part of the product, and does itself what sanitizers do.
if(FASTSLOW_SANITIZE)
  return()
endif()

# --- an interpreter for the PTX that nvcc writes, and a stand-in for the CUDA runtime library on top of it
set(PTX_SOURCES access access_opcodes arithmetic atomic_opcodes barrier_opcodes bits block collective_opcodes compare
  control_opcodes decoder lexer machine memory moves packed parser program_builder shadow syntax variable_reader warp)
list(TRANSFORM PTX_SOURCES REPLACE "(.+)" "ptx/\\1.cc")
add_library(fastslow_ptx STATIC ${PTX_SOURCES})
target_link_libraries(fastslow_ptx PUBLIC fastslow_flags fmt::fmt)
# Whole encodes run on it: fast even where the rest is built for a debugger.
target_compile_options(fastslow_ptx PRIVATE -O2)
set(PTX_TESTS ptx/opcode_test.cc ptx/opcode_rows.cc ptx/access_cases.cc ptx/atomic_cases.cc ptx/warp_cases.cc
  ptx/control_cases.cc ptx/check_test.cc ptx/uninitialised_test.cc ptx/race_test.cc)
if(CMAKE_CUDA_COMPILER)
  list(APPEND PTX_TESTS ptx/kernels_test.cc)
endif()
fastslow_tests(ptx_tests "${PTX_TESTS}" fastslow_ptx)

# ptx_of(<target> <source> <name>): <source> as PTX for four architectures, in <name>_<architecture>.ptx, made before <target>.
function(ptx_of target source name)
  foreach(arch 75 80 90 120)
    set(out ${CMAKE_CURRENT_BINARY_DIR}/${name}_${arch}.ptx)
    add_custom_command(OUTPUT ${out} DEPENDS ${source} ${ARGN} COMMENT "PTX of ${source} for ${arch}"
      COMMAND ${CMAKE_CUDA_COMPILER} -std=c++20 --expt-relaxed-constexpr -Werror all-warnings -O3
        -I${CMAKE_SOURCE_DIR} -arch=compute_${arch} -ptx ${CMAKE_CURRENT_SOURCE_DIR}/${source} -o ${out})
    list(APPEND outs ${out})
  endforeach()
  add_custom_target(${name}_ptx DEPENDS ${outs})
  add_dependencies(${target} ${name}_ptx)
endfunction()

if(CMAKE_CUDA_COMPILER)
  ptx_of(ptx_tests ptx/kernels.cu kernels ptx/kernels.hh)
  target_compile_definitions(ptx_tests PRIVATE PTX_KERNELS_DIR="${CMAKE_CURRENT_BINARY_DIR}")
  file(GLOB LANE_HEADERS CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/cuda/lane_*.hh)
  fastslow_tests(lane_ops_ptx_tests cuda/lane_ops_ptx_test.cc "fastslow_ptx;fastslow_codec")
  ptx_of(lane_ops_ptx_tests cuda/lane_ops_kernels.cu lane_ops ${LANE_HEADERS} ${CMAKE_SOURCE_DIR}/cuda/warp_team.cuh)
  target_compile_definitions(lane_ops_ptx_tests PRIVATE FASTSLOW_LANE_PTX="${CMAKE_CURRENT_BINARY_DIR}")

  set(CUDART_SOURCES api_devices api_errors api_kernels api_memory api_streams device_memory device_models fat_binary
    findings kernels memory memory_copies report runtime scheduler settings work_queue)
  list(TRANSFORM CUDART_SOURCES REPLACE "(.+)" "cudart/\\1.cc")
  # Objects, not a library: their symbols come before those of libcudart_static, which then stays out.
  add_library(fastslow_cudart OBJECT ${CUDART_SOURCES})
  target_include_directories(fastslow_cudart SYSTEM PUBLIC ${CUDAToolkit_INCLUDE_DIRS})
  target_link_libraries(fastslow_cudart PUBLIC fastslow_ptx PkgConfig::ZSTD Threads::Threads)
  fastslow_tests(cudart_tests
    "cudart/failures_test.cc;cudart/fat_binary_test.cc;cudart/kernels_test.cu;cudart/launches.cu;cudart/memory_test.cu;cudart/settings_test.cc;cudart/streams_test.cc;cudart/thrust_test.cu"
    "fastslow_cudart;CCCL::CCCL;nlohmann_json::nlohmann_json")
  set_target_properties(cudart_tests PROPERTIES
    CUDA_ARCHITECTURES "75-virtual;90" CUDA_STANDARD 20 CUDA_RUNTIME_LIBRARY None LINKER_LANGUAGE CXX)

  fastslow_tests(skeleton_cuda_tests "cuda/skeleton_cuda_test.cc;cuda/skeleton.cu" "fastslow_cudart;fastslow_codec")
  set_target_properties(skeleton_cuda_tests PROPERTIES
    CUDA_ARCHITECTURES "75-virtual;90" CUDA_STANDARD 20 CUDA_RUNTIME_LIBRARY None LINKER_LANGUAGE CXX)

  # The product's CUDA device against its CPU device: on a GPU where there is one (label gpu), and always on the
  # stand-in, from the product's own objects.
  set(CUDA_DEVICE_TESTS cuda/cuda_device_test.cc oracle/libvpx_oracle.cc)
  fastslow_tests(gpu_tests "${CUDA_DEVICE_TESTS}" "fastslow_device;PkgConfig::VPX" gpu)
  fastslow_tests(gpu_program_tests "tools/gpu_encode_test.cc;tools/program.cc" fastslow_host gpu)
  target_compile_definitions(gpu_program_tests PRIVATE FASTSLOW_PROGRAM="$<TARGET_FILE:fastslow>")
  add_dependencies(gpu_program_tests fastslow)
  fastslow_tests(cuda_tests "${CUDA_DEVICE_TESTS}" "fastslow_cudart;fastslow_device;PkgConfig::VPX")

  # The same kernels compiled for the oldest and the newest architecture.
  foreach(arch 75 120)
    add_library(kernels_${arch} OBJECT ${CMAKE_SOURCE_DIR}/cuda/cuda_kernels.cu ${CMAKE_SOURCE_DIR}/cuda/cuda_sums.cu)
    set_target_properties(kernels_${arch} PROPERTIES CUDA_ARCHITECTURES ${arch}-virtual)
    target_link_libraries(kernels_${arch} PRIVATE fastslow_flags CCCL::CCCL)
    fastslow_tests(cuda_tests_${arch} "${CUDA_DEVICE_TESTS}"
      "kernels_${arch};fastslow_cudart;fastslow_device;PkgConfig::VPX")
  endforeach()
  set_property(TARGET cuda_tests_75 APPEND PROPERTY COMPILE_DEFINITIONS FASTSLOW_FAKE_DEVICE="t4")
  set_property(TARGET cuda_tests_120 APPEND PROPERTY COMPILE_DEFINITIONS FASTSLOW_FAKE_DEVICE="rtx-5090")

  # The whole program on the stand-in: the same bytes from --device cuda as from --device cpu, and failures.
  get_target_property(program_libraries fastslow LINK_LIBRARIES)
  add_executable(fastslow_standin $<TARGET_OBJECTS:fastslow>)
  target_link_libraries(fastslow_standin PRIVATE fastslow_cudart ${program_libraries})
  fastslow_loads_media(fastslow_standin)
  fastslow_tests(cuda_program_tests "tools/cuda_encode_test.cc;tools/program.cc"
    "fastslow_host;nlohmann_json::nlohmann_json")
  target_compile_definitions(cuda_program_tests PRIVATE FASTSLOW_PROGRAM="$<TARGET_FILE:fastslow_standin>")
  add_dependencies(cuda_program_tests fastslow_standin)
endif()

# Registers, shared memory, spills and stack of every kernel against a table, on the architectures that the product is
# compiled for; called by hand, ptxas_report looks at more of them.
add_test(NAME ptxas_report COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/cuda/ptxas_report --arch 80,90)
set_tests_properties(ptxas_report PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 300)
