// Allocations and copies of the stand-in CUDA runtime.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <cuda_runtime_api.h>

#include "tests/cudart/device_memory.hh"
#include "tests/cudart/findings.hh"
#include "tests/cudart/report.hh"
#include "tests/cudart/scheduler.hh"
#include "tests/ptx/interpreter.hh"

namespace cudart_standin {

struct Device {
  cudaDeviceProp properties;
  ptx::Machine machine;
  std::uint64_t bytes_in_use = 0;
};

/// A rectangle of bytes; rows are `pitch` apart.
struct Rectangle {
  std::byte* address = nullptr;
  std::size_t pitch = 0;
};

struct Copy {
  Rectangle to;
  Rectangle from;
  std::size_t width_bytes = 0;
  std::size_t height = 1;
  cudaMemcpyKind kind = cudaMemcpyDefault;
};

struct Fill {
  Rectangle to;
  std::size_t width_bytes = 0;
  std::size_t height = 1;
  std::uint8_t value = 0;
};

/// Calls throw Failure with the error that the runtime call returns; wrong pointers are misuses
/// too.
class Memory {
 public:
  Memory(const Settings& settings,
         Arena& arena,
         std::vector<Device>& devices,
         Scheduler& scheduler,
         Findings& findings,
         Report& report);
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
  ~Memory();

  void* allocate(int device, std::size_t size_bytes);
  /// Usable once `stream` came to it, and by what is ordered behind that.
  void* allocate_async(int device, std::size_t size_bytes, Stream& stream);
  /// Null is nothing to free. The first waits for all work of the device.
  void free(void* address);
  void free_async(void* address, Stream& stream);
  void* allocate_pinned(int device, std::size_t size_bytes, bool mapped);
  void free_pinned(void* address);
  /// Lets kernels use pinned memory.
  void map_pinned(void* address);

  /// `blocking` is cudaMemcpy's way, else cudaMemcpyAsync's; both do late what their documentation
  /// lets them do late.
  void copy(const Copy& copy, Stream& stream, bool blocking);
  void fill(const Fill& fill, Stream& stream);

  /// Makes a module's variable known.
  void add_symbol(int device, const std::string& name, ptx::Variable variable);
  /// The block of any kind that holds the address; null where none does.
  [[nodiscard]] const Block* find(const void* address) { return book_.find(address); }
  /// Ends all memory of a device, whose work is done; symbols too.
  void forget_device(int device);
  /// Makes mapped pinned memory known to a device that was forgotten.
  void map_pinned_again(int device);
  /// Descriptions of what is allocated.
  [[nodiscard]] std::vector<std::string> leaks() const;

 private:
  enum class Side { kTo, kFrom };
  struct Resolved;

  Block& reserve(int device, std::size_t size_bytes);
  void count_allocation();
  void make_live(Block& block);
  void end_life(Block& block);
  Block& owned(void* address, Place place, const char* call);
  Block* check_device_side(const void* address, std::size_t extent_bytes, const char* what);
  Block* check_host_side(const void* address, std::size_t extent_bytes, const char* what);
  static void map_pinned_on(Device& device, const Block& block);
  static void require_live(const Block* block);
  [[noreturn]] void refuse(const std::string& text);
  Resolved resolve(const Copy& copy);
  void submit_copy(const Resolved& resolved, Stream& stream, bool blocking);
  void perform(const Resolved& resolved);
  void check_initialised(const Block& block, const std::byte* row, std::size_t size_bytes);
  void mark_rows(const Resolved& resolved);
  void perform(const Fill& fill, Block& block);
  ptx::Machine& machine_of(const Block& block);

  Arena& arena_;
  std::vector<Device>& devices_;
  Scheduler& scheduler_;
  Findings& findings_;
  Report& report_;
  AddressBook book_;
  int fail_allocation_;
  int allocations_ = 0;
};

}  // namespace cudart_standin
