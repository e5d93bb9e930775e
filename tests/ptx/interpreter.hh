// An interpreter for the PTX that nvcc writes: runs kernels without a GPU and faults on whatever a
// GPU would leave undefined. A Module is parsed text; a Machine has memory and launches kernels.
//
// Global memory is the host's own: a pointer to registered memory is a device pointer. One machine
// serves one host thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ptx {

/// What a GPU would not accept or leave undefined. The message names kernel, PTX line and its text,
/// block and thread, and what is wrong.
class Fault : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// One parameter of a kernel: where it lies in the launch's parameter bytes.
struct Parameter {
  std::size_t offset_bytes = 0;
  std::size_t size_bytes = 0;
};

/// A kernel as its module declares it.
struct Entry {
  std::string name{};
  std::vector<Parameter> parameters{};
  std::size_t parameter_bytes = 0;
  /// Without the dynamic part, which each launch states.
  std::size_t static_shared_bytes = 0;
  /// Each thread's, functions that it calls included.
  std::size_t local_bytes = 0;
  /// .maxntid or .reqntid, as a number of threads; 1024 where neither is given.
  std::size_t max_threads = 1024;
};

struct ModuleText;

/// Parsed PTX of one translation unit. Copies share the same text.
class Module {
 public:
  /// Throws Fault where the text is not PTX as nvcc writes it. Instructions are decoded when a
  /// kernel that reaches them is first launched, or by Machine::decode().
  static Module parse(std::string_view text);

  /// In the order of the text.
  [[nodiscard]] const std::vector<Entry>& entries() const;
  /// Null where there is no such kernel.
  [[nodiscard]] const Entry* entry(std::string_view name) const;
  /// N of the text's `.target sm_N`.
  [[nodiscard]] int target() const;
  [[nodiscard]] const ModuleText& text() const { return *text_; }

 private:
  explicit Module(std::shared_ptr<const ModuleText> text) : text_(std::move(text)) {}
  std::shared_ptr<const ModuleText> text_;
};

/// A .global or .const variable of a loaded module, in host memory.
struct Variable {
  std::byte* address = nullptr;
  std::size_t size_bytes = 0;
};

struct Dim3 {
  std::uint32_t x = 1;
  std::uint32_t y = 1;
  std::uint32_t z = 1;
};

struct Launch {
  std::string_view entry{};
  Dim3 grid{};
  Dim3 block{};
  std::size_t dynamic_shared_bytes = 0;
  /// Exactly Entry::parameter_bytes of them.
  std::span<const std::byte> parameters{};
};

/// Traffic between threads and one kind of memory. Atomics count as a load and a store.
struct Traffic {
  std::uint64_t loaded_bytes = 0;
  std::uint64_t stored_bytes = 0;

  bool operator==(const Traffic&) const = default;
};

/// What launches did; exact, and the same in every order of warps and lanes where the kernel is
/// free of races and its control flow does not hang on atomics.
struct LaunchCounts {
  std::uint64_t launches = 0;
  std::uint64_t blocks = 0;
  std::uint64_t threads = 0;
  /// Instructions issued, one for all lanes that execute it together.
  std::uint64_t warp_instructions = 0;
  /// The same for each lane. A guarded instruction counts in lanes where its guard holds, a guarded
  /// branch in all.
  std::uint64_t thread_instructions = 0;
  /// Those of them that compute on integers: not moves, loads, stores, branches or address casts.
  std::uint64_t integer_operations = 0;
  /// Completed block barriers, one for a whole block.
  std::uint64_t barriers = 0;
  std::uint64_t warp_barriers = 0;
  Traffic global{};
  Traffic shared{};
  Traffic local{};
  /// Distinct 32-byte pieces of global memory, summed over the loads (stores) of each warp.
  std::uint64_t global_load_sectors = 0;
  std::uint64_t global_store_sectors = 0;
  /// Thread instructions by opcode with all its modifiers, such as "mad.lo.s32".
  std::map<std::string, std::uint64_t> opcodes{};

  LaunchCounts& operator+=(const LaunchCounts& other);
  bool operator==(const LaunchCounts&) const = default;
};

/// In which order blocks, the warps of a block and the lanes of a warp take their turns.
enum class Order { kForward, kReverse, kShuffled };

struct Options {
  Order order = Order::kForward;
  /// Of kShuffled.
  std::uint32_t seed = 1;
  /// A launch that issues more warp instructions than this is taken for one that hangs.
  std::uint64_t max_warp_instructions = std::uint64_t{1} << 31;
};

/// Memory and the kernels that work on it.
class Machine {
 public:
  explicit Machine(const Options& options = {});
  ~Machine();
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;
  Machine(Machine&&) noexcept;
  Machine& operator=(Machine&&) noexcept;

  /// Later launches take turns in this way.
  void set_options(const Options& options);

  /// Lets kernels use [address, address + size_bytes). Its content counts as uninitialised. Throws
  /// Fault where it is empty or overlaps another buffer.
  void register_buffer(void* address, std::size_t size_bytes, std::string name);
  /// Throws Fault where no buffer starts at `address`.
  void unregister_buffer(const void* address);
  /// Whether all of these bytes lie in one registered buffer (or in one variable of a module).
  [[nodiscard]] bool is_registered(const void* address, std::size_t size_bytes) const;

  /// For what the host writes: copies, cudaMemset. Throws Fault outside of one registered buffer.
  void mark_initialised(const void* address, std::size_t size_bytes);
  /// For what the host reads: whether it or a kernel wrote all of these bytes. Throws Fault outside
  /// of one registered buffer.
  [[nodiscard]] bool is_initialised(const void* address, std::size_t size_bytes) const;
  /// For copies from device to device, which carry uninitialised bytes over; moves no content.
  void copy_initialised(const void* to, const void* from, std::size_t size_bytes);

  /// Puts the module's variables into memory; the number names this instance from then on.
  std::size_t load(const Module& module);
  /// Throws Fault where the module has no such variable.
  [[nodiscard]] Variable variable(std::size_t module, std::string_view name) const;
  /// Every .global and .const variable of the module, by name.
  [[nodiscard]] std::map<std::string, Variable> variables(std::size_t module) const;
  /// Decodes a kernel without running it; throws Fault at what the interpreter does not know.
  void decode(std::size_t module, std::string_view entry);

  /// Runs a kernel to its end. After a Fault the content of memory is unspecified.
  LaunchCounts launch(std::size_t module, const Launch& launch);

  /// Sums since the machine was made, by kernel name.
  [[nodiscard]] const std::map<std::string, LaunchCounts>& totals() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Every opcode that the interpreter knows, without modifiers.
std::vector<std::string> implemented_opcodes();

}  // namespace ptx
