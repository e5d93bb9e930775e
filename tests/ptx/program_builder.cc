// The program of one kernel: all functions that it reaches, with registers and variables placed.
#include <algorithm>
#include <cstring>

#include "tests/ptx/decoder.hh"

namespace ptx {
namespace {

std::uint64_t truncated(std::uint64_t value, int bits) {
  return bits == 64 ? value : value & ((std::uint64_t{1} << bits) - 1);
}

}  // namespace

ProgramBuilder::ProgramBuilder(const ModuleText& module,
                               const SymbolAddresses& addresses,
                               const Entry& entry)
    : module_(module), addresses_(addresses) {
  program_.module = &module;
  program_.entry = entry;
  // Slot 0 stands for "no guard".
  program_.file.resize(64);
  functions_ = reachable(module, *module.function(entry.name));
  shared_ = shared_layout(module, functions_);
  program_.shared_bytes = shared_.static_bytes;
}

Program ProgramBuilder::build() {
  for (const Function* function : functions_) {
    place_parameters(*function);
    body_index_[function] = static_cast<std::uint32_t>(body_index_.size());
    // Known before any code is: branches and calls may go ahead.
    Program::Body body{.name = function->name, .start = 0};
    if (!program_.bodies.empty()) {
      const Function* before = functions_[program_.bodies.size() - 1];
      body.start =
          program_.bodies.back().start + static_cast<std::uint32_t>(before->statements.size() + 1);
    }
    for (const Register& reg : function->registers) {
      body.registers.push_back(add_register(reg.type));
      program_.register_names[body.registers.back()] = reg.name;
    }
    registers_[function] = body.registers;
    program_.bodies.push_back(std::move(body));
  }
  std::size_t local_end = 0;
  for (std::size_t i = 0; i < functions_.size(); ++i) {
    Program::Body& body = program_.bodies[i];
    body.local_begin = align_up(local_end, 16);
    body.local_end = body.local_begin;
    for (const Symbol& symbol : functions_[i]->symbols) {
      if (symbol.space != Space::kLocal)
        continue;
      body.local_end = align_up(body.local_end, symbol.align_bytes);
      local_offsets_[&symbol] = body.local_end;
      body.local_end += symbol.size_bytes;
    }
    local_end = body.local_end;
  }
  program_.local_bytes = align_up(local_end, 16);
  for (const Function* function : functions_)
    decode_function(*function);
  return std::move(program_);
}

void ProgramBuilder::place_parameters(const Function& function) {
  std::size_t entry_offset = 0;
  for (std::size_t i = 0; i < function.symbols.size(); ++i) {
    const Symbol& symbol = function.symbols[i];
    if (symbol.space != Space::kParam)
      continue;
    const bool of_entry =
        function.is_entry && std::find(function.parameters.begin(), function.parameters.end(), i) !=
                                 function.parameters.end();
    std::size_t& end = of_entry ? entry_offset : program_.parameter_bytes;
    const std::size_t offset = align_up(end, std::max<std::size_t>(symbol.align_bytes, 1));
    local_offsets_[&symbol] = offset + (of_entry ? 0 : kCallParameters);
    end = offset + symbol.size_bytes;
  }
}

Slot ProgramBuilder::add_register(Type type) {
  const std::size_t slot = program_.file.size();
  const auto lane_bytes = static_cast<std::size_t>(register_width(type) * kLanes / 8);
  program_.file.resize(slot + sizeof(RegisterHead) + align_up(lane_bytes, 16));
  return static_cast<Slot>(slot);
}

Slot ProgramBuilder::register_slot(const Function& function, std::uint32_t index) const {
  return registers_.at(&function).at(index);
}

Slot ProgramBuilder::constant(Type type, std::uint64_t value) {
  const int width = register_width(type);
  // Immediates of 8-bit types keep their bits; their users cut them.
  value = width == 1 ? (value != 0) : truncated(value, width);
  const auto [entry, is_new] = constants_.try_emplace({width, value});
  if (!is_new)
    return entry->second;
  const Slot slot = entry->second = add_register(type);
  std::byte* data = program_.file.data() + slot;
  const RegisterHead head{.defined = kAllLanes};
  std::memcpy(data, &head, sizeof head);
  data += sizeof head;
  if (width == 1) {
    const std::uint32_t mask = value != 0 ? kAllLanes : 0;
    std::memcpy(data, &mask, sizeof mask);
    return slot;
  }
  for (int lane = 0; lane < kLanes; ++lane)
    std::memcpy(data + lane * width / 8, &value, static_cast<std::size_t>(width / 8));
  return slot;
}

Slot ProgramBuilder::special(const std::string& name) {
  const auto [entry, is_new] = specials_.try_emplace(name);
  if (is_new) {
    entry->second = add_register(Type::kB32);
    program_.specials.push_back({.name = name, .slot = entry->second});
  }
  return entry->second;
}

Slot ProgramBuilder::carry(const Function& function) {
  const auto [entry, is_new] = carries_.try_emplace(&function);
  if (is_new) {
    entry->second = add_register(Type::kPred);
    program_.bodies[body_index_.at(&function)].registers.push_back(entry->second);
    program_.register_names[entry->second] = "CC.CF";
  }
  return entry->second;
}

std::uint64_t ProgramBuilder::address(const Function& function, const Operand& operand) const {
  if (operand.kind == Operand::Kind::kModuleSymbol) {
    const Symbol& symbol = module_.symbols[operand.index];
    if (symbol.space == Space::kShared)
      return shared_.offsets.at(&symbol) + operand.value;
    return addresses_[operand.index] + operand.value;
  }
  const Symbol& symbol = function.symbols[operand.index];
  if (symbol.space == Space::kShared)
    return shared_.offsets.at(&symbol) + operand.value;
  return local_offsets_.at(&symbol) + operand.value;
}

const Function* ProgramBuilder::callee(const std::string& name) const {
  return module_.function(name);
}

std::uint32_t ProgramBuilder::add_call(const Function& caller,
                                       const Function& callee,
                                       std::span<const Operand> results,
                                       std::span<const Operand> arguments) {
  Call call{.function = body_index_.at(&callee)};
  const auto copies = [&](std::span<const Operand> actual, const std::vector<std::uint32_t>& formal,
                          bool in) {
    std::vector<Call::Copy> list;
    if (actual.size() != formal.size())
      throw Fault("a call of " + callee.name + " has the wrong number of parameters");
    for (std::size_t i = 0; i < actual.size(); ++i) {
      const Symbol& symbol = callee.symbols[formal[i]];
      const std::uint64_t inside = local_offsets_.at(&symbol) - kCallParameters;
      const std::uint64_t outside = address(caller, actual[i]) - kCallParameters;
      list.push_back({.from = in ? outside : inside,
                      .to = in ? inside : outside,
                      .size_bytes = symbol.size_bytes});
    }
    return list;
  };
  call.arguments = copies(arguments, callee.parameters, true);
  call.results = copies(results, callee.results, false);
  program_.calls.push_back(std::move(call));
  return static_cast<std::uint32_t>(program_.calls.size() - 1);
}

std::uint32_t ProgramBuilder::label(const Function& function, const std::string& name) const {
  const auto found = function.labels.find(name);
  if (found == function.labels.end())
    throw Fault(function.name + ": there is no label " + name);
  return program_.bodies[body_index_.at(&function)].start +
         static_cast<std::uint32_t>(found->second);
}

std::uint32_t ProgramBuilder::add_branch_table(const Function& function, const std::string& name) {
  const auto found = function.branch_targets.find(name);
  if (found == function.branch_targets.end())
    throw Fault(function.name + ": there are no branch targets " + name);
  std::vector<std::uint32_t> table;
  for (const std::string& target : found->second)
    table.push_back(label(function, target));
  program_.branch_tables.push_back(std::move(table));
  return static_cast<std::uint32_t>(program_.branch_tables.size() - 1);
}

std::uint32_t ProgramBuilder::opcode_index(const std::string& opcode, bool is_integer) {
  const auto [entry, is_new] =
      opcode_indices_.try_emplace(opcode, static_cast<std::uint32_t>(program_.opcodes.size()));
  if (is_new) {
    program_.opcodes.push_back(opcode);
    program_.is_integer.push_back(is_integer);
  }
  return entry->second;
}

void ProgramBuilder::decode_function(const Function& function) {
  Statement end{.line = function.line, .opcode = "ret"};
  const auto decode = [&](const Statement& statement) {
    const std::string name = statement.opcode.substr(0, statement.opcode.find('.'));
    const Opcode* opcode = opcode_named(name);
    Decoder decoder(*this, function, statement);
    if (opcode == nullptr)
      decoder.reject("opcode '" + name + "' is not known");
    opcode->decode(decoder);
    decoder.finish();
    decoder.instruction.opcode = opcode_index(statement.opcode, opcode->is_integer);
    program_.code.push_back(decoder.instruction);
  };
  for (const Statement& statement : function.statements)
    decode(statement);
  decode(end);
}

}  // namespace ptx
