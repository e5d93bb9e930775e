// What follows from a module's text alone: types, call graphs, layouts, kernels' properties.
#include "tests/ptx/syntax.hh"

#include <algorithm>
#include <set>

namespace ptx {
namespace {

void visit_calls(const ModuleText& module,
                 const Function& function,
                 std::vector<const Function*>& stack,
                 std::vector<const Function*>& found) {
  if (std::find(stack.begin(), stack.end(), &function) != stack.end())
    throw Fault(function.name + ": recursion is not supported");
  if (std::find(found.begin(), found.end(), &function) == found.end())
    found.push_back(&function);
  stack.push_back(&function);
  for (const Statement& statement : function.statements) {
    if (!statement.opcode.starts_with("call"))
      continue;
    for (const Operand& operand : statement.operands) {
      const Function* callee =
          operand.kind == Operand::Kind::kName ? module.function(operand.name) : nullptr;
      if (callee != nullptr && callee->has_body)
        visit_calls(module, *callee, stack, found);
    }
  }
  stack.pop_back();
}

void collect_module_symbols(const Operand& operand, std::set<std::uint32_t>& indices) {
  if (operand.kind == Operand::Kind::kModuleSymbol)
    indices.insert(operand.index);
  for (const Operand& item : operand.items)
    collect_module_symbols(item, indices);
}

}  // namespace

Type type_named(std::string_view name) {
  static const std::map<std::string_view, Type> types{
      {"pred", Type::kPred}, {"b8", Type::kB8},       {"u8", Type::kU8},      {"s8", Type::kS8},
      {"b16", Type::kB16},   {"u16", Type::kU16},     {"s16", Type::kS16},    {"b32", Type::kB32},
      {"u32", Type::kU32},   {"s32", Type::kS32},     {"b64", Type::kB64},    {"u64", Type::kU64},
      {"s64", Type::kS64},   {"u16x2", Type::kU16x2}, {"s16x2", Type::kS16x2}};
  const auto found = types.find(name);
  return found == types.end() ? Type::kNone : found->second;
}

int bits_of(Type type) {
  switch (type) {
    case Type::kNone:
      return 0;
    case Type::kPred:
      return 1;
    case Type::kB8:
    case Type::kU8:
    case Type::kS8:
      return 8;
    case Type::kB16:
    case Type::kU16:
    case Type::kS16:
      return 16;
    case Type::kB64:
    case Type::kU64:
    case Type::kS64:
      return 64;
    default:
      return 32;
  }
}

const Function* ModuleText::function(std::string_view name) const {
  const auto found = std::find_if(functions.begin(), functions.end(),
                                  [&](const Function& f) { return f.name == name; });
  return found == functions.end() ? nullptr : &*found;
}

std::string ModuleText::quote(int line) const {
  if (line < 1 || static_cast<std::size_t>(line) > lines.size())
    return {};
  const std::string& text = lines[static_cast<std::size_t>(line - 1)];
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string::npos)
    return {};
  std::string quoted = text.substr(first, text.find_last_not_of(" \t\r") + 1 - first);
  std::replace(quoted.begin(), quoted.end(), '\t', ' ');
  return quoted;
}

std::vector<const Function*> reachable(const ModuleText& module, const Function& entry) {
  std::vector<const Function*> stack;
  std::vector<const Function*> found;
  visit_calls(module, entry, stack, found);
  return found;
}

SharedLayout shared_layout(const ModuleText& module,
                           const std::vector<const Function*>& functions) {
  SharedLayout layout;
  const auto place = [&](const Symbol& symbol) {
    if (symbol.space != Space::kShared || symbol.is_external)
      return;
    const std::size_t offset = align_up(layout.static_bytes, symbol.align_bytes);
    layout.offsets[&symbol] = offset;
    layout.static_bytes = offset + symbol.size_bytes;
  };
  std::set<std::uint32_t> used;
  for (const Function* function : functions) {
    for (const Symbol& symbol : function->symbols)
      place(symbol);
    for (const Statement& statement : function->statements) {
      for (const Operand& operand : statement.operands)
        collect_module_symbols(operand, used);
    }
  }
  for (const std::uint32_t index : used)
    place(module.symbols[index]);
  // The dynamic part follows, as aligned as any type needs.
  for (const std::uint32_t index : used) {
    const Symbol& symbol = module.symbols[index];
    if (symbol.space == Space::kShared && symbol.is_external)
      layout.offsets[&symbol] = align_up(layout.static_bytes, 16);
  }
  return layout;
}

Entry describe(const ModuleText& module, const Function& function) {
  Entry entry{.name = function.name, .max_threads = function.max_threads};
  for (const std::uint32_t index : function.parameters) {
    const Symbol& symbol = function.symbols[index];
    const std::size_t offset = align_up(entry.parameter_bytes, symbol.align_bytes);
    entry.parameters.push_back({.offset_bytes = offset, .size_bytes = symbol.size_bytes});
    entry.parameter_bytes = offset + symbol.size_bytes;
  }
  const auto functions = reachable(module, function);
  entry.static_shared_bytes = shared_layout(module, functions).static_bytes;
  for (const Function* callee : functions) {
    for (const Symbol& symbol : callee->symbols) {
      if (symbol.space == Space::kLocal)
        entry.local_bytes = align_up(entry.local_bytes, 16) + symbol.size_bytes;
    }
  }
  return entry;
}

const std::vector<Entry>& Module::entries() const {
  return text_->entries;
}

const Entry* Module::entry(std::string_view name) const {
  for (const Entry& entry : text_->entries) {
    if (entry.name == name)
      return &entry;
  }
  return nullptr;
}

int Module::target() const {
  return text_->target;
}

}  // namespace ptx
