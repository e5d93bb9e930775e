#include "tests/cudart/kernels.hh"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace cudart_standin {
namespace {

constexpr int kDefaultSharedBytes = 49152;
// Where an object has no machine code at all, nobody counted registers. This is what the widest
// kernels of ours may take.
constexpr int kAssumedRegisters = 128;

std::uint64_t threads(const dim3& block) {
  return std::uint64_t{block.x} * block.y * block.z;
}

bool fits(const dim3& size, const int (&limits)[3]) {
  return size.x >= 1 && size.y >= 1 && size.z >= 1 && size.x <= static_cast<unsigned>(limits[0]) &&
         size.y <= static_cast<unsigned>(limits[1]) && size.z <= static_cast<unsigned>(limits[2]);
}

ptx::Dim3 as_ptx(const dim3& size) {
  return {.x = size.x, .y = size.y, .z = size.z};
}

std::vector<std::byte> parameter_bytes(const ptx::Entry& entry, void* const* arguments) {
  std::vector<std::byte> bytes(entry.parameter_bytes);
  for (std::size_t i = 0; i < entry.parameters.size(); ++i) {
    const ptx::Parameter& parameter = entry.parameters[i];
    std::memcpy(bytes.data() + parameter.offset_bytes, arguments[i], parameter.size_bytes);
  }
  return bytes;
}

}  // namespace

Kernels::Kernels(const Settings& settings,
                 Registry& registry,
                 std::vector<Device>& devices,
                 Scheduler& scheduler,
                 Memory& memory,
                 Findings& findings,
                 Report& report)
    : registry_(registry),
      devices_(devices),
      scheduler_(scheduler),
      memory_(memory),
      findings_(findings),
      report_(report),
      fail_launch_(settings.fail_launch) {}

const cudaDeviceProp& Kernels::properties(int device) const {
  return devices_.at(static_cast<std::size_t>(device)).properties;
}

Kernels::Loaded Kernels::load(TranslationUnit& unit, int device) {
  const auto known = loaded_.find({&unit, device});
  if (known != loaded_.end()) {
    return known->second;
  }
  if (!unit.binary) {
    unit.binary = read_fat_binary(unit.wrapper);
  }
  const cudaDeviceProp& wanted = properties(device);
  const ChosenPtx chosen = choose_ptx(*unit.binary, wanted.major * 10 + wanted.minor);
  if (chosen.text == nullptr) {
    throw Failure(cudaErrorNoKernelImageForDevice);
  }
  auto module = unit.modules.find(chosen.architecture);
  if (module == unit.modules.end()) {
    module = unit.modules.emplace(chosen.architecture, ptx::Module::parse(*chosen.text)).first;
  }
  ptx::Machine& machine = devices_.at(static_cast<std::size_t>(device)).machine;
  const Loaded loaded{.module = &module->second,
                      .number = machine.load(module->second),
                      .ptx_architecture = chosen.architecture};
  for (const auto& [name, variable] : machine.variables(loaded.number)) {
    memory_.add_symbol(device, name, variable);
  }
  loaded_.emplace(std::pair(&unit, device), loaded);
  return loaded;
}

Kernels::Found Kernels::find(const void* kernel, int device) {
  const auto registered = registry_.kernels.find(kernel);
  if (registered == registry_.kernels.end()) {
    throw Failure(cudaErrorInvalidDeviceFunction);
  }
  const Loaded loaded = load(*registered->second.unit, device);
  const ptx::Entry* const entry = loaded.module->entry(registered->second.name);
  if (entry == nullptr) {
    throw Failure(cudaErrorInvalidDeviceFunction);
  }
  int& max_dynamic_shared =
      max_dynamic_shared_
          .try_emplace({kernel, device},
                       kDefaultSharedBytes - static_cast<int>(entry->static_shared_bytes))
          .first->second;
  return {.loaded = loaded,
          .entry = entry,
          .registered = &registered->second,
          .device = device,
          .max_dynamic_shared = &max_dynamic_shared};
}

int Kernels::registers(const Found& found) const {
  const cudaDeviceProp& device = properties(found.device);
  const int counted = registers_of(*found.registered->unit->binary, found.registered->name,
                                   device.major * 10 + device.minor);
  return counted != 0 ? counted : kAssumedRegisters;
}

void Kernels::check(const Found& found, const LaunchConfiguration& configuration) const {
  const cudaDeviceProp& limits = properties(found.device);
  const std::uint64_t block_threads = threads(configuration.block);
  if (!fits(configuration.grid, limits.maxGridSize) ||
      !fits(configuration.block, limits.maxThreadsDim) ||
      block_threads > static_cast<std::uint64_t>(limits.maxThreadsPerBlock) ||
      block_threads > found.entry->max_threads) {
    throw Failure(cudaErrorInvalidConfiguration);
  }
  if (configuration.dynamic_shared_bytes > static_cast<std::size_t>(*found.max_dynamic_shared)) {
    throw Failure(cudaErrorInvalidValue);
  }
  if (block_threads * static_cast<std::uint64_t>(registers(found)) >
      static_cast<std::uint64_t>(limits.regsPerBlock)) {
    throw Failure(cudaErrorLaunchOutOfResources);
  }
}

void Kernels::launch(const void* kernel,
                     const LaunchConfiguration& configuration,
                     void* const* arguments,
                     Stream& stream) {
  if (++launches_ == fail_launch_) {
    throw Failure(cudaErrorLaunchOutOfResources);
  }
  const Found found = find(kernel, stream.device);
  check(found, configuration);
  const auto run = [this, found, configuration,
                    parameters = parameter_bytes(*found.entry, arguments)] {
    ptx::Machine& machine = devices_.at(static_cast<std::size_t>(found.device)).machine;
    const ptx::LaunchCounts counts = machine.launch(
        found.loaded.number, {.entry = found.entry->name,
                              .grid = as_ptx(configuration.grid),
                              .block = as_ptx(configuration.block),
                              .dynamic_shared_bytes = configuration.dynamic_shared_bytes,
                              .parameters = parameters});
    ++report_.launches;
    report_.kernels[found.entry->name] += counts;
    scheduler_.advance_clock(counts.warp_instructions);
  };
  scheduler_.submit(stream, {.run = run});
}

cudaFuncAttributes Kernels::attributes(const void* kernel, int device) {
  const Found found = find(kernel, device);
  const cudaDeviceProp& limits = properties(device);
  const int per_registers =
      limits.regsPerBlock / registers(found) / limits.warpSize * limits.warpSize;
  cudaFuncAttributes attributes{};
  attributes.sharedSizeBytes = found.entry->static_shared_bytes;
  attributes.localSizeBytes = found.entry->local_bytes;
  attributes.maxThreadsPerBlock = std::min(
      {limits.maxThreadsPerBlock, static_cast<int>(found.entry->max_threads), per_registers});
  attributes.numRegs = registers(found);
  attributes.ptxVersion = found.loaded.ptx_architecture;
  attributes.binaryVersion = limits.major * 10 + limits.minor;
  attributes.maxDynamicSharedSizeBytes = *found.max_dynamic_shared;
  attributes.preferredShmemCarveout = cudaSharedmemCarveoutDefault;
  return attributes;
}

void Kernels::set_attribute(const void* kernel,
                            int device,
                            cudaFuncAttribute attribute,
                            int value) {
  const Found found = find(kernel, device);
  if (attribute == cudaFuncAttributePreferredSharedMemoryCarveout) {
    return;  // a hint
  }
  const auto opt_in = static_cast<int>(properties(device).sharedMemPerBlockOptin);
  const int limit = opt_in - static_cast<int>(found.entry->static_shared_bytes);
  if (attribute != cudaFuncAttributeMaxDynamicSharedMemorySize || value < 0 || value > limit) {
    throw Failure(cudaErrorInvalidValue);
  }
  *found.max_dynamic_shared = value;
}

int Kernels::blocks_per_multiprocessor(const void* kernel,
                                       int device,
                                       int block_threads,
                                       std::size_t dynamic_shared_bytes) {
  const Found found = find(kernel, device);
  const std::optional<int> blocks = cudart_standin::blocks_per_multiprocessor(
      properties(device),
      {.registers = registers(found),
       .static_shared_bytes = found.entry->static_shared_bytes,
       .max_threads = static_cast<int>(found.entry->max_threads),
       .max_dynamic_shared_bytes = *found.max_dynamic_shared},
      block_threads, dynamic_shared_bytes);
  if (!blocks) {
    throw Failure(cudaErrorInvalidValue);
  }
  return *blocks;
}

ptx::Variable Kernels::variable(const void* symbol, int device) {
  const auto registered = registry_.variables.find(symbol);
  if (registered == registry_.variables.end()) {
    throw Failure(cudaErrorInvalidSymbol);
  }
  const Loaded loaded = load(*registered->second.unit, device);
  const ptx::Machine& machine = devices_.at(static_cast<std::size_t>(device)).machine;
  return machine.variable(loaded.number, registered->second.name);
}

void Kernels::forget_device(int device) {
  std::erase_if(loaded_, [=](const auto& entry) { return entry.first.second == device; });
  std::erase_if(max_dynamic_shared_,
                [=](const auto& entry) { return entry.first.second == device; });
}

}  // namespace cudart_standin
