// From parsed statements to instructions that run.
#include "tests/ptx/decoder.hh"

#include <algorithm>

#include <fmt/format.h>

namespace ptx {
namespace {

std::vector<std::string> parts_of(const std::string& opcode) {
  std::vector<std::string> parts;
  for (std::size_t start = 0; start <= opcode.size();) {
    const std::size_t end = std::min(opcode.find('.', start), opcode.size());
    parts.push_back(opcode.substr(start, end - start));
    start = end + 1;
  }
  return parts;
}

std::vector<std::span<const Opcode>> opcode_tables() {
  return {arithmetic_opcodes(), packed_opcodes(), bit_opcodes(),    compare_opcodes(),
          move_opcodes(),       access_opcodes(), atomic_opcodes(), collective_opcodes(),
          barrier_opcodes(),    control_opcodes()};
}

}  // namespace

int register_width(Type type) {
  const int bits = bits_of(type);
  return bits == 8 ? 16 : bits;
}

std::string place(const ModuleText& module, const std::string& function, int line) {
  return fmt::format("{}, PTX line {} `{}`", function, line, module.quote(line));
}

const Opcode* opcode_named(std::string_view name) {
  static const std::map<std::string_view, const Opcode*> opcodes = [] {
    std::map<std::string_view, const Opcode*> all;
    for (const auto& table : opcode_tables()) {
      for (const Opcode& opcode : table)
        all[opcode.name] = &opcode;
    }
    return all;
  }();
  const auto found = opcodes.find(name);
  return found == opcodes.end() ? nullptr : found->second;
}

std::vector<std::string> implemented_opcodes() {
  std::vector<std::string> names;
  for (const auto& table : opcode_tables()) {
    for (const Opcode& opcode : table)
      names.emplace_back(opcode.name);
  }
  return names;
}

Decoder::Decoder(ProgramBuilder& builder, const Function& function, const Statement& statement)
    : builder_(builder),
      function_(function),
      statement_(statement),
      modifiers_(parts_of(statement.opcode)) {
  modifiers_.erase(modifiers_.begin());
  instruction.line = statement.line;
  if (!statement.guard)
    return;
  if (function.registers[*statement.guard].type != Type::kPred)
    reject("a guard must be a predicate");
  instruction.guard = builder.register_slot(function, *statement.guard);
  instruction.guard_negated = statement.guard_negated;
}

void Decoder::reject(const std::string& what) const {
  throw Fault(place(builder_.module(), function_.name, statement_.line) + ": " + what);
}

bool Decoder::take(std::string_view modifier) {
  const auto found = std::find(modifiers_.begin(), modifiers_.end(), modifier);
  if (found == modifiers_.end())
    return false;
  modifiers_.erase(found);
  return true;
}

int Decoder::take_one_of(std::initializer_list<std::string_view> modifiers) {
  int index = 0;
  for (const std::string_view modifier : modifiers) {
    if (take(modifier))
      return index;
    ++index;
  }
  return -1;
}

int Decoder::expect_one_of(std::initializer_list<std::string_view> modifiers) {
  const int index = take_one_of(modifiers);
  if (index < 0)
    reject(fmt::format("needs one of the modifiers {}", fmt::join(modifiers, ", ")));
  return index;
}

Type Decoder::take_type() {
  for (auto modifier = modifiers_.begin(); modifier != modifiers_.end(); ++modifier) {
    const Type type = type_named(*modifier);
    if (type == Type::kNone)
      continue;
    modifiers_.erase(modifier);
    return type;
  }
  return Type::kNone;
}

Type Decoder::expect_type(std::initializer_list<Type> types) {
  const Type type = take_type();
  if (std::find(types.begin(), types.end(), type) == types.end())
    reject("this type is not supported here");
  return type;
}

void Decoder::finish() {
  if (!modifiers_.empty())
    reject("modifier '." + modifiers_.front() + "' is not known here");
}

const Operand& Decoder::operand(std::size_t index) const {
  if (index >= operands())
    reject("an operand is missing");
  return statement_.operands[index];
}

void Decoder::expect_operands(std::size_t least, std::size_t most) {
  if (operands() < least || operands() > most)
    reject(fmt::format("{} operands are not supported", operands()));
}

int Decoder::register_bits(const Operand& operand) const {
  if (operand.negated)
    reject("'!' is only for predicates");
  return register_width(function_.registers[operand.index].type);
}

void Decoder::add_result(const Operand& operand, Type type) {
  if (operand.kind != Operand::Kind::kRegister)
    reject("the result must be a register");
  if (register_bits(operand) != register_width(type))
    reject(operand.name + " has not the width of the type");
  add_result_slot(builder_.register_slot(function_, operand.index));
}

void Decoder::add_source(const Operand& operand, Type type) {
  if (operand.kind == Operand::Kind::kRegister && register_bits(operand) != register_width(type))
    reject(operand.name + " has not the width of the type");
  if (operand.kind == Operand::Kind::kSpecial && bits_of(type) != 32)
    reject(operand.name + " is a 32-bit register");
  add_wide_source(operand, type);
}

void Decoder::add_constant(Type type, std::uint64_t value) {
  add_source_slot(builder_.constant(type, value));
}

int Decoder::add_wide_source(const Operand& operand, Type type) {
  switch (operand.kind) {
    case Operand::Kind::kRegister: {
      const int bits = register_bits(operand);
      if ((bits == 1) != (type == Type::kPred) || bits < bits_of(type))
        reject(operand.name + " does not fit the type");
      add_source_slot(builder_.register_slot(function_, operand.index));
      return bits;
    }
    case Operand::Kind::kImmediate:
      add_constant(type, operand.value);
      return register_width(type);
    case Operand::Kind::kSpecial:
      if (!is_special_register(operand.name))
        reject(operand.name + " is not supported here");
      add_source_slot(builder_.special(operand.name));
      return 32;
    case Operand::Kind::kLocalSymbol:
    case Operand::Kind::kModuleSymbol:
      if (bits_of(type) < 32)
        reject("an address does not fit the type");
      add_constant(type, builder_.address(function_, operand));
      return register_width(type);
    default:
      reject("this operand is not supported here: " + operand.name);
  }
}

int Decoder::add_wide_result(const Operand& operand, Type type) {
  if (operand.kind != Operand::Kind::kRegister)
    reject("the result must be a register");
  const int bits = register_bits(operand);
  if (bits == 1 || bits < bits_of(type))
    reject(operand.name + " does not fit the type");
  add_result_slot(builder_.register_slot(function_, operand.index));
  return bits;
}

int Decoder::add_address(const Operand& operand) {
  if (operand.kind != Operand::Kind::kAddress)
    reject("needs an address in brackets");
  const Operand& base = operand.items[0];
  instruction.offset = static_cast<std::int64_t>(operand.value);
  const int bits = base.kind == Operand::Kind::kRegister ? register_bits(base) : 64;
  if (bits < 32)
    reject("an address needs 32 or 64 bits");
  add_wide_source(base, bits == 32 ? Type::kB32 : Type::kB64);
  return bits;
}

void Decoder::compute(Type type, Instruction::Run run, std::size_t sources, std::size_t words) {
  if (run == nullptr)
    reject("this type is not supported here");
  expect_operands(1 + sources + words);
  instruction.run = run;
  add_result(0, type);
  for (std::size_t i = 1; i < operands(); ++i)
    add_source(i, i <= sources ? type : Type::kB32);
}

bool Decoder::add_predicate_source(std::size_t index) {
  Operand plain = operand(index);
  plain.negated = false;
  add_source(plain, Type::kPred);
  return operand(index).negated;
}

}  // namespace ptx
