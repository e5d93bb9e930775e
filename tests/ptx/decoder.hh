// From parsed statements to instructions that run: what the opcodes' own decoders work with.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/ptx/syntax.hh"
#include "tests/ptx/warp.hh"

namespace ptx {

/// Host addresses of a module's variables, by their index in the module.
using SymbolAddresses = std::vector<std::uint64_t>;

/// Builds the program of one kernel.
class ProgramBuilder {
 public:
  ProgramBuilder(const ModuleText& module, const SymbolAddresses& addresses, const Entry& entry);

  /// Decodes everything that the kernel reaches. Throws Fault.
  Program build();

  // For Decoder.
  [[nodiscard]] const ModuleText& module() const { return module_; }
  Slot register_slot(const Function& function, std::uint32_t index) const;
  /// A register that has this value in all lanes; predicates have all or no bits.
  Slot constant(Type type, std::uint64_t value);
  Slot special(const std::string& name);
  /// Each function's carry of add.cc and the like.
  Slot carry(const Function& function);
  [[nodiscard]] std::uint64_t address(const Function& function, const Operand& operand) const;
  [[nodiscard]] const Function* callee(const std::string& name) const;
  std::uint32_t add_call(const Function& caller,
                         const Function& callee,
                         std::span<const Operand> results,
                         std::span<const Operand> arguments);
  std::uint32_t add_branch_table(const Function& function, const std::string& name);
  /// The instruction behind a label.
  [[nodiscard]] std::uint32_t label(const Function& function, const std::string& name) const;

 private:
  Slot add_register(Type type);
  void place_parameters(const Function& function);
  void decode_function(const Function& function);
  std::uint32_t opcode_index(const std::string& opcode, bool is_integer);

  const ModuleText& module_;
  const SymbolAddresses& addresses_;
  std::vector<const Function*> functions_;
  SharedLayout shared_;
  Program program_;
  std::map<const Symbol*, std::uint64_t> local_offsets_;
  std::map<const Function*, std::vector<Slot>> registers_;
  std::map<const Function*, std::uint32_t> body_index_;
  std::map<const Function*, Slot> carries_;
  std::map<std::pair<int, std::uint64_t>, Slot> constants_;
  std::map<std::string, Slot> specials_;
  std::map<std::string, std::uint32_t> opcode_indices_;
};

/// One statement on its way to an instruction: hands out modifiers and operands.
class Decoder {
 public:
  Decoder(ProgramBuilder& builder, const Function& function, const Statement& statement);

  Instruction instruction;

  // Modifiers. Each is taken once; what nobody takes is an error.
  bool take(std::string_view modifier);
  /// The index of the one that is there, -1 where none is.
  int take_one_of(std::initializer_list<std::string_view> modifiers);
  /// The same; throws where none is.
  int expect_one_of(std::initializer_list<std::string_view> modifiers);
  /// The first type among the modifiers; kNone where there is none.
  Type take_type();
  /// Throws Fault unless it is one of these.
  Type expect_type(std::initializer_list<Type> types);
  /// Throws where a modifier is left.
  void finish();

  // Operands.
  [[nodiscard]] std::size_t operands() const { return statement_.operands.size(); }
  [[nodiscard]] const Operand& operand(std::size_t index) const;
  void expect_operands(std::size_t least, std::size_t most);
  void expect_operands(std::size_t count) { expect_operands(count, count); }
  /// A register as wide as `type` (8 bits live in 16-bit registers).
  void add_result(const Operand& operand, Type type);
  void add_source(const Operand& operand, Type type);
  void add_result(std::size_t index, Type type) { add_result(operand(index), type); }
  void add_source(std::size_t index, Type type) { add_source(operand(index), type); }
  void add_constant(Type type, std::uint64_t value);
  void add_source_slot(Slot slot) { instruction.src.at(instruction.sources++) = slot; }
  void add_result_slot(Slot slot) { instruction.dst.at(instruction.results++) = slot; }
  /// A register of any width, which is returned in bits; constants are of `type`.
  int add_wide_source(const Operand& operand, Type type);
  int add_wide_result(const Operand& operand, Type type);
  /// Whether a `!` stands before the predicate.
  bool add_predicate_source(std::size_t index);
  /// What is in the brackets of an address; its offset goes to instruction.offset. Returns the
  /// register's width in bits.
  int add_address(const Operand& operand);

  /// `d, a, ...` for `run`, where null is an error: the result and `sources` operands of this type,
  /// then `words` of 32 bits.
  void compute(Type type, Instruction::Run run, std::size_t sources, std::size_t words = 0);

  [[nodiscard]] ProgramBuilder& builder() { return builder_; }
  [[nodiscard]] const Function& function() const { return function_; }
  [[noreturn]] void reject(const std::string& what) const;

 private:
  [[nodiscard]] int register_bits(const Operand& operand) const;

  ProgramBuilder& builder_;
  const Function& function_;
  const Statement& statement_;
  std::vector<std::string> modifiers_;
};

using Decode = void (*)(Decoder&);
struct Opcode {
  std::string_view name;
  Decode decode = nullptr;
  /// Computes on integers.
  bool is_integer = false;
};

std::span<const Opcode> arithmetic_opcodes();
std::span<const Opcode> packed_opcodes();
std::span<const Opcode> bit_opcodes();
std::span<const Opcode> compare_opcodes();
std::span<const Opcode> move_opcodes();
std::span<const Opcode> access_opcodes();
std::span<const Opcode> atomic_opcodes();
std::span<const Opcode> collective_opcodes();
std::span<const Opcode> barrier_opcodes();
std::span<const Opcode> control_opcodes();
/// Null where it is unknown.
const Opcode* opcode_named(std::string_view name);

/// 1, 16, 32 or 64: how wide a register of this type is.
int register_width(Type type);

/// "ptx kernel line 12 `add.s32 ...`: what"
std::string place(const ModuleText& module, const std::string& function, int line);

}  // namespace ptx
