// PTX text cut into words.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ptx {

struct Token {
  enum class Kind : std::uint8_t { kWord, kNumber, kFloat, kString, kMark, kEnd };
  Kind kind = Kind::kEnd;
  /// A word has its dots: "ld.global.u32", ".param", "%tid.x".
  std::string text{};
  std::uint64_t number = 0;
  int line = 0;
};

/// Comments, `.loc` and `.file` lines are gone; the last token is kEnd. Throws Fault.
std::vector<Token> tokens_of(std::string_view text);

}  // namespace ptx
