// What nvcc's host code calls before main() and for <<<>>>, and the runtime's calls about kernels.
#include <span>

#include <cuda_runtime_api.h>

#include "tests/cudart/runtime.hh"

using cudart_standin::call;
using cudart_standin::Failure;
using cudart_standin::LaunchConfiguration;
using cudart_standin::Runtime;
using cudart_standin::Stream;
using cudart_standin::thread_state;
using cudart_standin::ThreadState;
using cudart_standin::TranslationUnit;
using cudart_standin::World;

namespace {

struct Launch {
  const void* kernel;
  LaunchConfiguration configuration;
  void* const* arguments;
  cudaStream_t stream;
};

cudaError_t launch(const Launch& launch) {
  return call([&](World& world) {
    Stream& stream = world.scheduler.stream(launch.stream, thread_state().device);
    if (stream.device != thread_state().device) {
      throw Failure(cudaErrorInvalidResourceHandle);
    }
    world.kernels.launch(launch.kernel, launch.configuration, launch.arguments, stream);
  });
}

/// Whether a launch with it does what one without it would do here.
bool is_harmless(const cudaLaunchAttribute& attribute) {
  const cudaLaunchAttributeValue& value = attribute.val;
  switch (attribute.id) {
    case cudaLaunchAttributeIgnore:
    case cudaLaunchAttributePriority:
    case cudaLaunchAttributeProgrammaticStreamSerialization:  // lets work overlap, which it need
                                                              // not
      return true;
    case cudaLaunchAttributeClusterDimension:
      return value.clusterDim.x * value.clusterDim.y * value.clusterDim.z <= 1;
    case cudaLaunchAttributeCooperative:
      return value.cooperative == 0;
    default:
      return false;
  }
}

TranslationUnit* unit_of(void** handle) {
  return reinterpret_cast<TranslationUnit*>(handle);
}

}  // namespace

// NOLINTBEGIN(bugprone-reserved-identifier): nvcc chose these names
extern "C" {

void** __cudaRegisterFatBinary(void* wrapper) {
  Runtime& runtime = Runtime::instance();
  const std::lock_guard lock(runtime.mutex);
  TranslationUnit& unit = runtime.registry.units.emplace_back();
  unit.wrapper = wrapper;
  return reinterpret_cast<void**>(&unit);
}

void __cudaRegisterFatBinaryEnd(void** /*handle*/) {}

// Static objects of other units may still launch kernels of this one.
void __cudaUnregisterFatBinary(void** /*handle*/) {}

void __cudaRegisterFunction(void** handle,
                            const char* host_function,
                            char* /*device_function*/,
                            const char* name,
                            int /*thread_limit*/,
                            uint3* /*thread*/,
                            uint3* /*block*/,
                            dim3* /*block_size*/,
                            dim3* /*grid_size*/,
                            int* /*warp_size*/) {
  Runtime& runtime = Runtime::instance();
  const std::lock_guard lock(runtime.mutex);
  runtime.registry.kernels[host_function] = {.unit = unit_of(handle), .name = name};
}

void __cudaRegisterVar(void** handle,
                       char* host_variable,
                       char* /*device_address*/,
                       const char* name,
                       int /*external*/,
                       std::size_t /*size_bytes*/,
                       int /*constant*/,
                       int /*global*/) {
  Runtime& runtime = Runtime::instance();
  const std::lock_guard lock(runtime.mutex);
  runtime.registry.variables[host_variable] = {.unit = unit_of(handle), .name = name};
}

unsigned __cudaPushCallConfiguration(dim3 grid,
                                     dim3 block,
                                     std::size_t dynamic_shared_bytes,
                                     cudaStream_t stream) {
  thread_state().pushed.push_back({{grid, block, dynamic_shared_bytes}, stream});
  return 0;
}

cudaError_t __cudaPopCallConfiguration(dim3* grid,
                                       dim3* block,
                                       std::size_t* dynamic_shared_bytes,
                                       void* stream) {
  auto& pushed = thread_state().pushed;
  if (pushed.empty()) {
    return cudaErrorInvalidConfiguration;
  }
  const ThreadState::Pushed last = pushed.back();
  pushed.pop_back();
  *grid = last.configuration.grid;
  *block = last.configuration.block;
  *dynamic_shared_bytes = last.configuration.dynamic_shared_bytes;
  *static_cast<cudaStream_t*>(stream) = last.stream;
  return cudaSuccess;
}

// The handle is the address that stands for the kernel. Whether there is such a kernel shows at the
// launch: host code asks once for the whole process, maybe while there is no device.
cudaError_t __cudaGetKernel(cudaKernel_t* kernel, const void* host_function) {
  *kernel = reinterpret_cast<cudaKernel_t>(const_cast<void*>(host_function));
  return cudaSuccess;
}

cudaError_t __cudaLaunchKernel(cudaKernel_t kernel,
                               dim3 grid,
                               dim3 block,
                               void** arguments,
                               std::size_t dynamic_shared_bytes,
                               cudaStream_t stream) {
  return launch({kernel, {grid, block, dynamic_shared_bytes}, arguments, stream});
}

cudaError_t cudaLaunchKernel(const void* kernel,
                             dim3 grid,
                             dim3 block,
                             void** arguments,
                             std::size_t dynamic_shared_bytes,
                             cudaStream_t stream) {
  return launch({kernel, {grid, block, dynamic_shared_bytes}, arguments, stream});
}

cudaError_t cudaLaunchKernelExC(const cudaLaunchConfig_t* config,
                                const void* kernel,
                                void** arguments) {
  for (const cudaLaunchAttribute& attribute : std::span(config->attrs, config->numAttrs)) {
    if (!is_harmless(attribute)) {
      return call([](World&) { throw Failure(cudaErrorNotSupported); });
    }
  }
  return launch({kernel,
                 {config->gridDim, config->blockDim, config->dynamicSmemBytes},
                 arguments,
                 config->stream});
}

cudaError_t cudaFuncGetAttributes(cudaFuncAttributes* attributes, const void* kernel) {
  return call(
      [=](World& world) { *attributes = world.kernels.attributes(kernel, thread_state().device); });
}

cudaError_t cudaFuncSetAttribute(const void* kernel, cudaFuncAttribute attribute, int value) {
  return call([=](World& world) {
    world.kernels.set_attribute(kernel, thread_state().device, attribute, value);
  });
}

cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int* blocks,
                                                                   const void* kernel,
                                                                   int block_threads,
                                                                   std::size_t dynamic_shared_bytes,
                                                                   unsigned /*flags*/) {
  return call([=](World& world) {
    *blocks = world.kernels.blocks_per_multiprocessor(kernel, thread_state().device, block_threads,
                                                      dynamic_shared_bytes);
  });
}

cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks,
                                                          const void* kernel,
                                                          int block_threads,
                                                          std::size_t dynamic_shared_bytes) {
  return cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(
      blocks, kernel, block_threads, dynamic_shared_bytes, cudaOccupancyDefault);
}

}  // extern "C"
// NOLINTEND(bugprone-reserved-identifier)
