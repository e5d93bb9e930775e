// A place in PTX's words, and steps from there.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/ptx/lexer.hh"
#include "tests/ptx/syntax.hh"

namespace ptx {

/// What is not as it should be throws Fault, which names the line.
class TokenReader {
 public:
  TokenReader(const ModuleText& module, std::string_view text)
      : text_(module), tokens_(tokens_of(text)) {}

  [[nodiscard]] const Token& peek(std::size_t ahead = 0) const {
    return tokens_[std::min(position_ + ahead, tokens_.size() - 1)];
  }
  const Token& take() {
    const Token& token = peek();
    if (token.kind != Token::Kind::kEnd)
      ++position_;
    return token;
  }
  [[nodiscard]] bool is(std::string_view text) const {
    return peek().kind != Token::Kind::kString && peek().text == text;
  }
  bool accept(std::string_view text) {
    if (!is(text))
      return false;
    take();
    return true;
  }
  void expect(std::string_view text) {
    if (!accept(text))
      fail("expected '" + std::string(text) + "' instead of '" + peek().text + "'");
  }
  [[noreturn]] void fail(const std::string& what) const {
    throw Fault("PTX line " + std::to_string(peek().line) + " `" + text_.quote(peek().line) +
                "`: " + what);
  }
  std::string word() {
    if (peek().kind != Token::Kind::kWord)
      fail("expected a name instead of '" + peek().text + "'");
    return take().text;
  }
  std::uint64_t number() {
    const bool negative = accept("-");
    if (peek().kind != Token::Kind::kNumber)
      fail("expected a number instead of '" + peek().text + "'");
    const std::uint64_t value = take().number;
    return negative ? 0 - value : value;
  }
  /// Behind the next `text`.
  void skip_to(std::string_view text) {
    while (!accept(text)) {
      if (take().kind == Token::Kind::kEnd)
        fail("expected '" + std::string(text) + "'");
    }
  }
  [[nodiscard]] bool at_end() const { return peek().kind == Token::Kind::kEnd; }

 private:
  const ModuleText& text_;
  std::vector<Token> tokens_;
  std::size_t position_ = 0;
};

}  // namespace ptx
