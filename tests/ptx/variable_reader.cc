// Declarations of variables and parameters, with their initial values.
#include "tests/ptx/variable_reader.hh"

#include <algorithm>
#include <map>
#include <utility>

namespace ptx {

Space space_of(const std::string& word) {
  const std::map<std::string, Space> spaces{{".global", Space::kGlobal},
                                            {".const", Space::kConst},
                                            {".shared", Space::kShared},
                                            {".local", Space::kLocal},
                                            {".param", Space::kParam}};
  const auto found = spaces.find(word);
  return found == spaces.end() ? Space::kGeneric : found->second;
}

Symbol VariableReader::variable(Space space) {
  Symbol symbol{.space = space};
  std::size_t align = 0;
  Type type = Type::kNone;
  while (peek().kind == Token::Kind::kWord && peek().text[0] == '.')
    property(type, align);
  if (type == Type::kNone)
    fail("a variable needs a type that is supported");
  const auto element = static_cast<std::size_t>(std::max(bits_of(type) / 8, 1));
  symbol.name = word();
  symbol.size_bytes = element * array_length();
  symbol.align_bytes = std::max(align, align == 0 ? element : 1);
  symbol.initial.resize(symbol.size_bytes);
  if (accept("=")) {
    std::size_t offset = 0;
    initialiser(symbol, element, offset);
  }
  return symbol;
}

void VariableReader::property(Type& type, std::size_t& align) {
  const std::string name = take().text;
  if (name == ".align") {
    align = number();
  } else if (name == ".ptr") {
    while (space_of(peek().text) != Space::kGeneric)
      take();
    // The alignment of what it points to.
    if (accept(".align"))
      number();
  } else if (name == ".f32") {
    type = Type::kB32;
  } else if (name == ".f64") {
    type = Type::kB64;
  } else {
    type = type_named(name.substr(1));
    if (type == Type::kNone || type == Type::kPred)
      fail("'" + name + "' is not supported for a variable");
  }
}

std::size_t VariableReader::array_length() {
  std::size_t length = 1;
  while (accept("[")) {
    length *= is("]") ? 0 : number();
    expect("]");
  }
  return length;
}

void VariableReader::initialiser(Symbol& symbol, std::size_t element, std::size_t& offset) {
  if (accept("{")) {
    while (!accept("}")) {
      initialiser(symbol, element, offset);
      accept(",");
    }
    return;
  }
  if (offset + element > symbol.size_bytes)
    fail("more initial values than the variable has room for");
  if (peek().kind == Token::Kind::kWord)
    pointer(symbol, element, offset);
  else
    initial_number(symbol, element, offset);
  offset += element;
}

void VariableReader::pointer(Symbol& symbol, std::size_t element, std::size_t offset) {
  const bool generic = accept("generic");
  if (generic)
    expect("(");
  Symbol::Pointer pointer{.offset_bytes = offset, .symbol = word()};
  if (generic)
    expect(")");
  if (is("+") || is("-")) {
    accept("+");
    pointer.addend = static_cast<std::int64_t>(number());
  }
  if (element != 8)
    fail("an address needs 8 bytes");
  symbol.pointers.push_back(std::move(pointer));
}

void VariableReader::initial_number(Symbol& symbol, std::size_t element, std::size_t offset) {
  std::uint64_t value = 0;
  if (peek().kind == Token::Kind::kFloat)
    value = std::stoull(take().text.substr(2), nullptr, 16);
  else
    value = number();
  for (std::size_t i = 0; i < element; ++i)
    symbol.initial[offset + i] = static_cast<std::uint8_t>(value >> (8 * i));
}

}  // namespace ptx
