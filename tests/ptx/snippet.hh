// PTX kernels written in tests, and the memory that they run on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "tests/ptx/interpreter.hh"

namespace ptx {

/// A module of one kernel, `kernel`, with parameters `in` and `out` (64-bit addresses) already in
/// %rd1 and %rd2 and the thread's number in %r0. The body may use registers %p<16>, %rs<32>, %r<64>
/// and %rd<64>. `declarations` go before the kernel.
inline std::string kernel_text(const std::string& body, const std::string& declarations = {}) {
  return ".version 9.0\n.target sm_90\n.address_size 64\n" + declarations +
         "\n.visible .entry kernel(.param .u64 in, .param .u64 out)\n{\n"
         ".reg .pred %p<16>;\n.reg .b16 %rs<32>;\n.reg .b32 %r<64>;\n.reg .b64 %rd<64>;\n"
         "ld.param.u64 %rd1, [in];\nld.param.u64 %rd2, [out];\n"
         "mov.u32 %r0, %tid.x;\n" +
         body + "\nret;\n}\n";
}

/// One kernel on its machine.
class Snippet {
 public:
  explicit Snippet(const std::string& body,
                   const std::string& declarations = {},
                   const Options& options = {})
      : machine(options), module_(machine.load(Module::parse(kernel_text(body, declarations)))) {}

  /// Runs it on copies of `in` and `out`; all bytes of both are initialised unless `out_is_new`.
  LaunchCounts run(const std::vector<std::uint64_t>& in,
                   std::vector<std::uint64_t>& out,
                   const Dim3& block = {32, 1, 1},
                   const Dim3& grid = {},
                   std::size_t dynamic_shared_bytes = 0) {
    std::vector<std::uint64_t> input = in;
    input.resize(in.empty() ? 1 : in.size());
    machine.register_buffer(input.data(), 8 * input.size(), "in");
    machine.register_buffer(out.data(), 8 * out.size(), "out");
    machine.mark_initialised(input.data(), 8 * input.size());
    if (!out_is_new)
      machine.mark_initialised(out.data(), 8 * out.size());
    const void* addresses[2] = {input.data(), out.data()};
    std::byte parameters[sizeof addresses];
    std::memcpy(parameters, addresses, sizeof addresses);
    const auto forget = [&] {
      machine.unregister_buffer(input.data());
      machine.unregister_buffer(out.data());
    };
    try {
      const LaunchCounts counts =
          machine.launch(module_, {.entry = "kernel",
                                   .grid = grid,
                                   .block = block,
                                   .dynamic_shared_bytes = dynamic_shared_bytes,
                                   .parameters = parameters});
      forget();
      return counts;
    } catch (...) {
      forget();
      throw;
    }
  }

  [[nodiscard]] std::size_t module() const { return module_; }

  Machine machine;
  bool out_is_new = false;

 private:
  std::size_t module_;
};

/// The message of the fault that a kernel of these threads meets; empty where it meets none.
inline std::string fault_of(const std::string& body,
                            const Dim3& block = {32, 1, 1},
                            const Dim3& grid = {},
                            const std::string& declarations = {}) {
  std::vector<std::uint64_t> out(4096);
  try {
    Snippet snippet(body, declarations);
    snippet.run(std::vector<std::uint64_t>(64, 7), out, block, grid, 256);
  } catch (const Fault& fault) {
    return fault.what();
  }
  return {};
}

}  // namespace ptx
