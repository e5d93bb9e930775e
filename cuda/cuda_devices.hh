// The CUDA devices of this machine, and the reason where there are none. Plain C++: any source may
// include it.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace gpu {

struct CudaDevice {
  int ordinal = 0;  // what cudaSetDevice takes
  std::string name;
  int compute_major = 0;  // compute capability, 9.0 for an H100
  int compute_minor = 0;
  std::size_t memory_bytes = 0;

  bool operator==(const CudaDevice&) const = default;
};

struct CudaDevices {
  std::vector<CudaDevice> devices;
  std::string why_none;  // one clause for a message; empty if and only if there are devices

  bool operator==(const CudaDevices&) const = default;
};

// Asks the CUDA runtime. No driver, no device and any other trouble give an empty list and a
// reason: the caller then works on the CPU. Throws nothing but std::bad_alloc.
[[nodiscard]] CudaDevices cuda_devices();

}  // namespace gpu
