// Kernels and variables of the program's translation units, and their launches.
#pragma once

#include <cstddef>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <cuda_runtime_api.h>

#include "tests/cudart/device_models.hh"
#include "tests/cudart/fat_binary.hh"
#include "tests/cudart/memory.hh"

namespace cudart_standin {

/// What a translation unit's host code registers before main(); outlives everything else.
struct TranslationUnit {
  const void* wrapper = nullptr;
  /// Read when first needed.
  std::optional<FatBinary> binary;
  /// Parsed, by architecture of the text.
  std::map<int, ptx::Module> modules;
};

/// A kernel or a variable: its unit, and its name there.
struct Registered {
  TranslationUnit* unit = nullptr;
  std::string name;
};

/// By the address that stands for it in host code.
struct Registry {
  std::list<TranslationUnit> units;
  std::map<const void*, Registered> kernels;
  std::map<const void*, Registered> variables;
};

struct LaunchConfiguration {
  dim3 grid;
  dim3 block;
  std::size_t dynamic_shared_bytes = 0;
};

/// Calls throw Failure with the error that the runtime call returns.
class Kernels {
 public:
  Kernels(const Settings& settings,
          Registry& registry,
          std::vector<Device>& devices,
          Scheduler& scheduler,
          Memory& memory,
          Findings& findings,
          Report& report);

  /// `arguments` are addresses of the parameters' values, which are read before this returns.
  void launch(const void* kernel,
              const LaunchConfiguration& configuration,
              void* const* arguments,
              Stream& stream);
  cudaFuncAttributes attributes(const void* kernel, int device);
  void set_attribute(const void* kernel, int device, cudaFuncAttribute attribute, int value);
  int blocks_per_multiprocessor(const void* kernel,
                                int device,
                                int block_threads,
                                std::size_t dynamic_shared_bytes);
  /// Where a variable lies on a device.
  ptx::Variable variable(const void* symbol, int device);

  /// Variables get their first values back when they are next used.
  void forget_device(int device);

 private:
  /// A translation unit on a device.
  struct Loaded {
    const ptx::Module* module = nullptr;
    std::size_t number = 0;
    int ptx_architecture = 0;
  };
  /// A kernel on a device.
  struct Found {
    Loaded loaded;
    const ptx::Entry* entry = nullptr;
    const Registered* registered = nullptr;
    int device = 0;
    /// Set by cudaFuncSetAttribute; bytes.
    int* max_dynamic_shared = nullptr;
  };

  Loaded load(TranslationUnit& unit, int device);
  Found find(const void* kernel, int device);
  [[nodiscard]] const cudaDeviceProp& properties(int device) const;
  [[nodiscard]] int registers(const Found& found) const;
  void check(const Found& found, const LaunchConfiguration& configuration) const;

  Registry& registry_;
  std::vector<Device>& devices_;
  Scheduler& scheduler_;
  Memory& memory_;
  Findings& findings_;
  Report& report_;
  int fail_launch_;
  int launches_ = 0;
  std::map<std::pair<const TranslationUnit*, int>, Loaded> loaded_;
  std::map<std::pair<const void*, int>, int> max_dynamic_shared_;
};

}  // namespace cudart_standin
