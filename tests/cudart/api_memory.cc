// The runtime's calls about memory.
#include <cuda_runtime_api.h>

#include "tests/cudart/runtime.hh"

using cudart_standin::Block;
using cudart_standin::call;
using cudart_standin::Copy;
using cudart_standin::Fill;
using cudart_standin::Place;
using cudart_standin::Rectangle;
using cudart_standin::Stream;
using cudart_standin::thread_state;
using cudart_standin::World;

namespace {

constexpr std::size_t kPitch = 512;

Stream& stream_of(World& world, cudaStream_t handle) {
  return world.scheduler.stream(handle, thread_state().device);
}

Rectangle destination(void* address, std::size_t pitch = 0) {
  return {.address = static_cast<std::byte*>(address), .pitch = pitch};
}

Rectangle source(const void* address, std::size_t pitch = 0) {
  return destination(const_cast<void*>(address), pitch);
}

cudaError_t copy(const Copy& copy, cudaStream_t stream, bool blocking) {
  return call([&](World& world) { world.memory.copy(copy, stream_of(world, stream), blocking); });
}

cudaError_t fill(const Fill& fill, cudaStream_t stream) {
  return call([&](World& world) { world.memory.fill(fill, stream_of(world, stream)); });
}

struct SymbolRange {
  const void* symbol;
  std::size_t offset;
  std::size_t size_bytes;
};

std::byte* inside(World& world, const SymbolRange& range) {
  const ptx::Variable variable = world.kernels.variable(range.symbol, thread_state().device);
  if (range.offset > variable.size_bytes || range.size_bytes > variable.size_bytes - range.offset) {
    throw cudart_standin::Failure(cudaErrorInvalidValue);
  }
  return variable.address + range.offset;
}

cudaError_t copy_to_symbol(const SymbolRange& to,
                           const void* from,
                           cudaMemcpyKind kind,
                           cudaStream_t stream,
                           bool blocking) {
  return call([&](World& world) {
    world.memory.copy({.to = destination(inside(world, to)),
                       .from = source(from),
                       .width_bytes = to.size_bytes,
                       .kind = kind},
                      stream_of(world, stream), blocking);
  });
}

cudaError_t copy_from_symbol(
    void* to, const SymbolRange& from, cudaMemcpyKind kind, cudaStream_t stream, bool blocking) {
  return call([&](World& world) {
    world.memory.copy({.to = destination(to),
                       .from = source(inside(world, from)),
                       .width_bytes = from.size_bytes,
                       .kind = kind},
                      stream_of(world, stream), blocking);
  });
}

cudaError_t allocate_pinned(void** address, std::size_t size_bytes, bool mapped) {
  return call([=](World& world) {
    *address = world.memory.allocate_pinned(thread_state().device, size_bytes, mapped);
  });
}

}  // namespace

extern "C" {

cudaError_t cudaMalloc(void** address, std::size_t size_bytes) {
  return call(
      [=](World& world) { *address = world.memory.allocate(thread_state().device, size_bytes); });
}

cudaError_t cudaMallocPitch(void** address,
                            std::size_t* pitch,
                            std::size_t width_bytes,
                            std::size_t height) {
  return call([=](World& world) {
    *pitch = (width_bytes + kPitch - 1) / kPitch * kPitch;
    *address = world.memory.allocate(thread_state().device, *pitch * height);
  });
}

cudaError_t cudaMallocAsync(void** address, std::size_t size_bytes, cudaStream_t stream) {
  return call([=](World& world) {
    *address =
        world.memory.allocate_async(thread_state().device, size_bytes, stream_of(world, stream));
  });
}

cudaError_t cudaFree(void* address) {
  return call([=](World& world) { world.memory.free(address); });
}

cudaError_t cudaFreeAsync(void* address, cudaStream_t stream) {
  return call([=](World& world) { world.memory.free_async(address, stream_of(world, stream)); });
}

cudaError_t cudaHostAlloc(void** address, std::size_t size_bytes, unsigned flags) {
  return allocate_pinned(address, size_bytes, (flags & cudaHostAllocMapped) != 0);
}

cudaError_t cudaMallocHost(void** address, std::size_t size_bytes) {
  return allocate_pinned(address, size_bytes, false);
}

cudaError_t cudaFreeHost(void* address) {
  return call([=](World& world) { world.memory.free_pinned(address); });
}

cudaError_t cudaHostGetDevicePointer(void** device, void* host, unsigned /*flags*/) {
  return call([=](World& world) {
    world.memory.map_pinned(host);
    *device = host;
  });
}

cudaError_t cudaMemGetInfo(std::size_t* free_bytes, std::size_t* total_bytes) {
  return call([=](const World& world) {
    const auto& device = world.devices.at(static_cast<std::size_t>(thread_state().device));
    *total_bytes = device.properties.totalGlobalMem;
    *free_bytes = *total_bytes - device.bytes_in_use;
  });
}

cudaError_t cudaPointerGetAttributes(cudaPointerAttributes* attributes, const void* address) {
  return call([=](World& world) {
    *attributes = {};
    attributes->device = -2;  // of no device, as for memory that CUDA does not know
    attributes->type = cudaMemoryTypeUnregistered;
    const Block* const block = world.memory.find(address);
    void* const pointer = const_cast<void*>(address);
    if (block == nullptr || block->freed) {
      attributes->hostPointer = pointer;
      return;
    }
    const bool pinned = block->place == Place::kPinned;
    attributes->type = pinned ? cudaMemoryTypeHost : cudaMemoryTypeDevice;
    attributes->device = block->device;
    attributes->hostPointer = pinned ? pointer : nullptr;
    attributes->devicePointer = !pinned || block->mapped ? pointer : nullptr;
  });
}

cudaError_t cudaMemcpy(void* to, const void* from, std::size_t size_bytes, cudaMemcpyKind kind) {
  return copy(
      {.to = destination(to), .from = source(from), .width_bytes = size_bytes, .kind = kind},
      nullptr, true);
}

cudaError_t cudaMemcpyAsync(
    void* to, const void* from, std::size_t size_bytes, cudaMemcpyKind kind, cudaStream_t stream) {
  return copy(
      {.to = destination(to), .from = source(from), .width_bytes = size_bytes, .kind = kind},
      stream, false);
}

cudaError_t cudaMemcpy2D(void* to,
                         std::size_t to_pitch,
                         const void* from,
                         std::size_t from_pitch,
                         std::size_t width_bytes,
                         std::size_t height,
                         cudaMemcpyKind kind) {
  return copy({.to = destination(to, to_pitch),
               .from = source(from, from_pitch),
               .width_bytes = width_bytes,
               .height = height,
               .kind = kind},
              nullptr, true);
}

cudaError_t cudaMemcpy2DAsync(void* to,
                              std::size_t to_pitch,
                              const void* from,
                              std::size_t from_pitch,
                              std::size_t width_bytes,
                              std::size_t height,
                              cudaMemcpyKind kind,
                              cudaStream_t stream) {
  return copy({.to = destination(to, to_pitch),
               .from = source(from, from_pitch),
               .width_bytes = width_bytes,
               .height = height,
               .kind = kind},
              stream, false);
}

cudaError_t cudaMemset(void* to, int value, std::size_t size_bytes) {
  return cudaMemsetAsync(to, value, size_bytes, nullptr);  // asynchronous on device memory
}

cudaError_t cudaMemsetAsync(void* to, int value, std::size_t size_bytes, cudaStream_t stream) {
  return fill(
      {.to = destination(to), .width_bytes = size_bytes, .value = static_cast<std::uint8_t>(value)},
      stream);
}

cudaError_t cudaMemset2DAsync(void* to,
                              std::size_t pitch,
                              int value,
                              std::size_t width_bytes,
                              std::size_t height,
                              cudaStream_t stream) {
  return fill({.to = destination(to, pitch),
               .width_bytes = width_bytes,
               .height = height,
               .value = static_cast<std::uint8_t>(value)},
              stream);
}

cudaError_t cudaMemcpyToSymbol(const void* symbol,
                               const void* from,
                               std::size_t size_bytes,
                               std::size_t offset,
                               cudaMemcpyKind kind) {
  return copy_to_symbol({symbol, offset, size_bytes}, from, kind, nullptr, true);
}

cudaError_t cudaMemcpyToSymbolAsync(const void* symbol,
                                    const void* from,
                                    std::size_t size_bytes,
                                    std::size_t offset,
                                    cudaMemcpyKind kind,
                                    cudaStream_t stream) {
  return copy_to_symbol({symbol, offset, size_bytes}, from, kind, stream, false);
}

cudaError_t cudaMemcpyFromSymbol(
    void* to, const void* symbol, std::size_t size_bytes, std::size_t offset, cudaMemcpyKind kind) {
  return copy_from_symbol(to, {symbol, offset, size_bytes}, kind, nullptr, true);
}

cudaError_t cudaMemcpyFromSymbolAsync(void* to,
                                      const void* symbol,
                                      std::size_t size_bytes,
                                      std::size_t offset,
                                      cudaMemcpyKind kind,
                                      cudaStream_t stream) {
  return copy_from_symbol(to, {symbol, offset, size_bytes}, kind, stream, false);
}

cudaError_t cudaGetSymbolAddress(void** address, const void* symbol) {
  return call([=](World& world) {
    *address = world.kernels.variable(symbol, thread_state().device).address;
  });
}

cudaError_t cudaGetSymbolSize(std::size_t* size_bytes, const void* symbol) {
  return call([=](World& world) {
    *size_bytes = world.kernels.variable(symbol, thread_state().device).size_bytes;
  });
}

}  // extern "C"
