// The parser: from words to functions, variables and statements with their names resolved.
#include <algorithm>
#include <cctype>
#include <string>
#include <utility>

#include "tests/ptx/variable_reader.hh"

namespace ptx {
namespace {

/// Names of one pair of braces.
struct Scope {
  std::map<std::string, std::uint32_t> registers;
  std::map<std::string, std::uint32_t> symbols;
};
class Parser : VariableReader {
 public:
  Parser(ModuleText& module, std::string_view text)
      : VariableReader(module, text), module_(module) {}

  void run() {
    while (!at_end())
      module_item();
  }

 private:
  // Module scope.
  void module_item() {
    const std::string& text = peek().text;
    if (text == ".version") {
      take();
      number();
      word();  // ".0"
    } else if (text == ".target") {
      target();
    } else if (text == ".address_size") {
      take();
      if (number() != 64)
        fail("only 64-bit addresses are supported");
    } else if (text == ".section") {
      skip_section();
    } else {
      declaration();
    }
  }

  void target() {
    take();
    const std::string name = word();
    std::size_t digit = 0;
    while (digit < name.size() && !std::isdigit(static_cast<unsigned char>(name[digit])))
      ++digit;
    module_.target = std::atoi(name.c_str() + digit);
    while (accept(","))
      word();
  }

  void skip_section() {
    skip_to("{");
    skip_to("}");
  }

  void declaration() {
    bool external = false;
    while (is(".extern") || is(".visible") || is(".weak") || is(".common"))
      external |= take().text == ".extern";
    if (accept(".func"))
      function(false);
    else if (accept(".entry"))
      function(true);
    else if (space_of(peek().text) != Space::kGeneric)
      module_variable(external);
    else
      fail("'" + peek().text + "' is not supported at module scope");
  }

  void module_variable(bool external) {
    const Space space = space_of(take().text);
    do {
      Symbol symbol = variable(space);
      if (external && space != Space::kShared)
        fail("variables of other modules are not supported");
      symbol.is_external = external;
      module_names_.symbols[symbol.name] = static_cast<std::uint32_t>(module_.symbols.size());
      module_.symbols.push_back(std::move(symbol));
    } while (accept(","));
    expect(";");
  }

  // Functions.
  void function(bool is_entry) {
    function_ = Function{.is_entry = is_entry, .line = peek().line};
    scopes_.assign(1, {});
    if (is("("))
      function_.results = parameters();
    function_.name = word();
    if (is("("))
      function_.parameters = parameters();
    directives();
    if (!accept(";"))
      body();
    const auto known =
        std::find_if(module_.functions.begin(), module_.functions.end(),
                     [&](const Function& other) { return other.name == function_.name; });
    if (known == module_.functions.end())
      module_.functions.push_back(std::move(function_));
    else if (function_.has_body)
      *known = std::move(function_);
  }

  std::vector<std::uint32_t> parameters() {
    std::vector<std::uint32_t> indices;
    expect("(");
    while (!accept(")")) {
      if (!accept(".param"))
        fail("parameters in registers are not supported");
      indices.push_back(add_symbol(variable(Space::kParam)));
      accept(",");
    }
    return indices;
  }

  std::uint32_t add_symbol(Symbol symbol) {
    const auto index = static_cast<std::uint32_t>(function_.symbols.size());
    scopes_.back().symbols[symbol.name] = index;
    function_.symbols.push_back(std::move(symbol));
    return index;
  }

  /// Between a function's head and its body.
  void directives() {
    while (!is("{") && !is(";")) {
      const std::string directive = word();
      if (directive == ".maxntid" || directive == ".reqntid") {
        function_.max_threads = number();
        while (accept(","))
          function_.max_threads *= number();
      } else if (directive == ".minnctapersm" || directive == ".maxnreg") {
        number();
      } else if (directive == ".pragma") {
        take();
        expect(";");
      } else if (directive != ".noreturn") {
        fail("'" + directive + "' is not supported for a function");
      }
    }
  }

  void body() {
    function_.has_body = true;
    expect("{");
    for (std::size_t depth = 1; depth > 0;) {
      if (accept("{")) {
        ++depth;
        scopes_.emplace_back();
      } else if (accept("}")) {
        --depth;
        scopes_.pop_back();
      } else {
        body_item();
      }
    }
  }

  void body_item() {
    const std::string& text = peek().text;
    if (text == ".reg") {
      registers();
    } else if (text == ".pragma") {
      skip_to(";");
    } else if (const Space space = space_of(text); space != Space::kGeneric) {
      take();
      do {
        add_symbol(variable(space));
      } while (accept(","));
      expect(";");
    } else if (peek(1).text == ":" && peek(1).kind == Token::Kind::kMark) {
      label();
    } else if (text != ";") {
      statement();
    } else {
      take();
    }
  }

  void registers() {
    take();
    const std::string type_word = word();
    const Type type = type_word == ".f32"   ? Type::kB32
                      : type_word == ".f64" ? Type::kB64
                                            : type_named(type_word.substr(1));
    if (type == Type::kNone)
      fail("registers of type " + type_word + " are not supported");
    do {
      const std::string name = word();
      if (!accept("<")) {
        add_register(name, type);
        continue;
      }
      const std::uint64_t count = number();
      for (std::uint64_t i = 0; i < count; ++i)
        add_register(name + std::to_string(i), type);
      expect(">");
    } while (accept(","));
    expect(";");
  }

  void add_register(const std::string& name, Type type) {
    scopes_.back().registers[name] = static_cast<std::uint32_t>(function_.registers.size());
    function_.registers.push_back({.name = name, .type = type});
  }

  void label() {
    const std::string name = word();
    expect(":");
    if (accept(".branchtargets")) {
      auto& targets = function_.branch_targets[name];
      do {
        targets.push_back(word());
      } while (accept(","));
      expect(";");
    } else if (is(".callprototype") || is(".calltargets")) {
      skip_to(";");
    } else if (!function_.labels.emplace(name, function_.statements.size()).second) {
      fail("label " + name + " is there twice");
    }
  }

  void statement() {
    Statement statement{.line = peek().line};
    if (accept("@")) {
      statement.guard_negated = accept("!");
      const Operand guard = operand();
      if (guard.kind != Operand::Kind::kRegister)
        fail("a guard must be a register");
      statement.guard = guard.index;
    }
    statement.line = peek().line;
    statement.opcode = word();
    while (!accept(";")) {
      statement.operands.push_back(operand_or_pair());
      if (!is(";"))
        expect(",");
    }
    // `call (result), f, (arguments);` has a comma behind each but the last.
    function_.statements.push_back(std::move(statement));
  }

  Operand operand_or_pair() {
    Operand first = operand();
    if (!accept("|"))
      return first;
    Operand pair{.kind = Operand::Kind::kPair};
    pair.items.push_back(std::move(first));
    pair.items.push_back(operand());
    return pair;
  }

  Operand operand() {
    if (accept("["))
      return address();
    if (is("{"))
      return sequence("{", "}", Operand::Kind::kVector);
    if (is("("))
      return sequence("(", ")", Operand::Kind::kList);
    if (accept("!")) {
      Operand result = operand();
      result.negated = !result.negated;
      return result;
    }
    if (is("-") || peek().kind == Token::Kind::kNumber)
      return {.kind = Operand::Kind::kImmediate, .value = number()};
    if (peek().kind == Token::Kind::kFloat)
      fail("floating-point numbers are not supported");
    return named(word());
  }

  Operand sequence(std::string_view open, std::string_view close, Operand::Kind kind) {
    expect(open);
    Operand result{.kind = kind};
    while (!accept(close)) {
      result.items.push_back(operand());
      accept(",");
    }
    return result;
  }

  Operand address() {
    Operand result{.kind = Operand::Kind::kAddress};
    result.items.push_back(operand());
    if (accept("+"))
      result.value = number();
    else if (is("-"))
      result.value = number();
    expect("]");
    return result;
  }

  Operand named(const std::string& name) {
    if (name == "_")
      return {.kind = Operand::Kind::kSink};
    for (auto scope = scopes_.rbegin(); scope != scopes_.rend(); ++scope) {
      if (const auto found = scope->registers.find(name); found != scope->registers.end())
        return {.kind = Operand::Kind::kRegister, .index = found->second, .name = name};
      if (const auto found = scope->symbols.find(name); found != scope->symbols.end())
        return symbol(Operand::Kind::kLocalSymbol, found->second, name);
    }
    if (name[0] == '%')
      return {.kind = Operand::Kind::kSpecial, .name = name};
    const auto found = module_names_.symbols.find(name);
    if (found != module_names_.symbols.end())
      return symbol(Operand::Kind::kModuleSymbol, found->second, name);
    return {.kind = Operand::Kind::kName, .name = name};
  }

  /// With the addend of `mov.u64 %rd1, table+8`.
  Operand symbol(Operand::Kind kind, std::uint32_t index, const std::string& name) {
    Operand result{.kind = kind, .index = index, .name = name};
    if (is("+") && peek(1).kind == Token::Kind::kNumber) {
      take();
      result.value = number();
    }
    return result;
  }

  ModuleText& module_;
  Scope module_names_;
  Function function_;
  std::vector<Scope> scopes_;
};

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    lines.emplace_back(text.substr(start, end - start));
    start = end + 1;
  }
  return lines;
}

}  // namespace

Module Module::parse(std::string_view text) {
  auto module = std::make_shared<ModuleText>();
  module->lines = lines_of(text);
  Parser(*module, text).run();
  for (const Function& function : module->functions) {
    if (function.is_entry && function.has_body)
      module->entries.push_back(describe(*module, function));
  }
  return Module(std::move(module));
}

}  // namespace ptx
