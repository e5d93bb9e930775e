// The runtime's calls about devices.
#include <algorithm>
#include <cstdio>
#include <string>

#include <cuda_runtime_api.h>

#include "tests/cudart/device_models.hh"
#include "tests/cudart/runtime.hh"

using cudart_standin::call;
using cudart_standin::call_without_device;
using cudart_standin::Device;
using cudart_standin::Failure;
using cudart_standin::thread_state;
using cudart_standin::World;

namespace {

// Of a driver that knows all that this runtime asks for, and of one that does not.
constexpr int kDriverVersion = CUDART_VERSION;
constexpr int kOldDriverVersion = 11040;

Device& device_at(World& world, int ordinal) {
  cudart_standin::require_devices(world.settings);
  if (ordinal < 0 || ordinal >= world.settings.device_count) {
    throw Failure(cudaErrorInvalidDevice);
  }
  return world.devices[static_cast<std::size_t>(ordinal)];
}

}  // namespace

extern "C" {

cudaError_t cudaDriverGetVersion(int* version) {
  return call_without_device([=](const World& world) {
    *version = world.settings.old_driver          ? kOldDriverVersion
               : world.settings.device_count == 0 ? 0
                                                  : kDriverVersion;
  });
}

cudaError_t cudaRuntimeGetVersion(int* version) {
  *version = CUDART_VERSION;
  return cudaSuccess;
}

cudaError_t cudaGetDeviceCount(int* count) {
  *count = 0;
  return call_without_device([=](const World& world) {
    cudart_standin::require_devices(world.settings);
    *count = world.settings.device_count;
  });
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device) {
  return call_without_device(
      [=](World& world) { *properties = device_at(world, device).properties; });
}

cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int device) {
  return call_without_device([=](World& world) {
    const auto found =
        cudart_standin::device_attribute(cudart_standin::device_model(world.settings.device),
                                         device_at(world, device).properties, attribute);
    if (!found) {
      world.findings.misuse("device attribute " + std::to_string(attribute) + " is not known here");
      throw Failure(cudaErrorInvalidValue);
    }
    *value = *found;
  });
}

cudaError_t cudaDeviceGetPCIBusId(char* text, int size, int device) {
  return call_without_device([=](World& world) {
    const cudaDeviceProp& properties = device_at(world, device).properties;
    std::snprintf(text, static_cast<std::size_t>(std::max(size, 0)), "%04x:%02x:%02x.0",
                  static_cast<unsigned>(properties.pciDomainID),
                  static_cast<unsigned>(properties.pciBusID),
                  static_cast<unsigned>(properties.pciDeviceID));
  });
}

cudaError_t cudaSetDevice(int device) {
  return call([=](World& world) {
    static_cast<void>(device_at(world, device));
    thread_state().device = device;
  });
}

cudaError_t cudaGetDevice(int* device) {
  return call_without_device([=](const World& world) {
    cudart_standin::require_devices(world.settings);
    *device = thread_state().device;
  });
}

cudaError_t cudaSetDeviceFlags(unsigned /*flags*/) {
  return call([](World&) {});  // how a host thread waits, which nobody can see here
}

cudaError_t cudaDeviceSynchronize() {
  return call([](World& world) {
    world.count_synchronisation();
    world.scheduler.wait_for_device(thread_state().device);
  });
}

cudaError_t cudaDeviceReset() {
  return call([](World& world) { world.forget_device(thread_state().device); });
}

cudaError_t cudaDeviceGetStreamPriorityRange(int* least, int* greatest) {
  return call([=](World&) {
    *least = 0;
    *greatest = -5;
  });
}

}  // extern "C"
