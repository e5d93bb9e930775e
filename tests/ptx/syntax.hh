// What the parser makes of PTX text: names resolved, instructions not yet decoded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/ptx/interpreter.hh"

namespace ptx {

enum class Space : std::uint8_t { kGeneric, kGlobal, kConst, kShared, kLocal, kParam };

enum class Type : std::uint8_t {
  kNone,
  kPred,
  kB8,
  kU8,
  kS8,
  kB16,
  kU16,
  kS16,
  kB32,
  kU32,
  kS32,
  kB64,
  kU64,
  kS64,
  kU16x2,
  kS16x2,
};

/// kNone where `name` (without its dot) is no type that the interpreter knows.
Type type_named(std::string_view name);
/// Of memory or of a register of this type; 1 for predicates.
int bits_of(Type type);
constexpr bool is_signed(Type type) {
  return type == Type::kS8 || type == Type::kS16 || type == Type::kS32 || type == Type::kS64 ||
         type == Type::kS16x2;
}

/// A variable, in memory of any kind; parameters too.
struct Symbol {
  /// `address of symbol + addend`, to be stored at `offset` in the initial bytes.
  struct Pointer {
    std::size_t offset_bytes = 0;
    std::string symbol;
    std::int64_t addend = 0;
  };
  std::string name{};
  Space space = Space::kGlobal;
  std::size_t size_bytes = 0;
  std::size_t align_bytes = 1;
  std::vector<std::uint8_t> initial{};
  std::vector<Pointer> pointers{};
  /// Declared without a size: `extern .shared x[]`.
  bool is_external = false;
};

struct Operand {
  enum class Kind : std::uint8_t {
    kRegister,      // index
    kSpecial,       // name, such as %tid.x
    kImmediate,     // value
    kLocalSymbol,   // index among the function's symbols; value is an addend
    kModuleSymbol,  // index among the module's symbols; value is an addend
    kName,          // a label or a function: name
    kAddress,       // [items[0] + value]
    kVector,        // {items}
    kList,          // (items)
    kPair,          // items[0] | items[1]
    kSink,          // _
  };
  Kind kind = Kind::kSink;
  bool negated = false;
  std::uint32_t index = 0;
  std::uint64_t value = 0;
  std::string name{};
  std::vector<Operand> items{};
};

struct Statement {
  int line = 0;
  /// With all modifiers.
  std::string opcode{};
  std::optional<std::uint32_t> guard{};
  bool guard_negated = false;
  std::vector<Operand> operands{};
};

struct Register {
  std::string name{};
  Type type = Type::kB32;
};

struct Function {
  std::string name{};
  bool is_entry = false;
  bool has_body = false;
  int line = 0;
  /// Indices into `symbols`.
  std::vector<std::uint32_t> parameters{};
  std::vector<std::uint32_t> results{};
  std::vector<Symbol> symbols{};
  std::vector<Register> registers{};
  std::vector<Statement> statements{};
  std::map<std::string, std::size_t> labels{};
  std::map<std::string, std::vector<std::string>> branch_targets{};
  std::size_t max_threads = 1024;
};

struct ModuleText {
  std::vector<std::string> lines{};
  int target = 0;
  std::vector<Symbol> symbols{};
  std::vector<Function> functions{};
  std::vector<Entry> entries{};

  [[nodiscard]] const Function* function(std::string_view name) const;
  /// A source line as a fault quotes it.
  [[nodiscard]] std::string quote(int line) const;
};

/// The functions that a kernel reaches by calls, itself first. Throws Fault at a recursion.
std::vector<const Function*> reachable(const ModuleText& module, const Function& entry);

/// Where the kernel's variables lie in a block's shared memory.
struct SharedLayout {
  std::map<const Symbol*, std::size_t> offsets{};
  std::size_t static_bytes = 0;
};
SharedLayout shared_layout(const ModuleText& module, const std::vector<const Function*>& functions);

/// A kernel as users of the module see it.
Entry describe(const ModuleText& module, const Function& function);

constexpr std::size_t align_up(std::size_t value, std::size_t align) {
  return (value + align - 1) / align * align;
}

}  // namespace ptx
