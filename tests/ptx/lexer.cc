// PTX text cut into words.
#include "tests/ptx/lexer.hh"

#include <cctype>
#include <cstddef>
#include <string>

#include "tests/ptx/interpreter.hh"

namespace ptx {
namespace {

bool is_word_start(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) || c == '_' || c == '$' || c == '%' ||
         c == '.';
}
bool is_digit(char c) {
  return std::isdigit(static_cast<unsigned char>(c));
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  std::vector<Token> run() {
    while (skip_blanks())
      next();
    push(Token::Kind::kEnd, "end of text");
    return std::move(tokens_);
  }

 private:
  [[nodiscard]] char at(std::size_t ahead) const {
    return position_ + ahead < text_.size() ? text_[position_ + ahead] : '\0';
  }
  void skip_line() {
    while (position_ < text_.size() && at(0) != '\n')
      ++position_;
  }
  void skip_comment() {
    while (position_ < text_.size() && !(at(0) == '*' && at(1) == '/')) {
      line_ += at(0) == '\n';
      ++position_;
    }
    position_ += 2;
  }
  bool skip_blanks() {
    for (; position_ < text_.size();) {
      if (at(0) == '/' && at(1) == '/') {
        skip_line();
      } else if (at(0) == '/' && at(1) == '*') {
        skip_comment();
      } else if (std::isspace(static_cast<unsigned char>(at(0)))) {
        line_ += at(0) == '\n';
        ++position_;
      } else {
        return true;
      }
    }
    return false;
  }

  void push(Token::Kind kind, std::string text, std::uint64_t number = 0) {
    tokens_.push_back({.kind = kind, .text = std::move(text), .number = number, .line = line_});
  }

  void next() {
    if (is_word_start(at(0)))
      word();
    else if (is_digit(at(0)))
      number();
    else if (at(0) == '"')
      string();
    else
      push(Token::Kind::kMark, std::string(1, text_[position_++]));
  }

  void word() {
    const std::size_t start = position_;
    for (++position_;; ++position_) {
      if (at(0) == ':' && at(1) == ':')
        ++position_;
      else if (!is_word_start(at(0)) && !is_digit(at(0)))
        break;
    }
    const std::string_view text = text_.substr(start, position_ - start);
    if (text == ".loc" || text == ".file")
      skip_line();
    else
      push(Token::Kind::kWord, std::string(text));
  }

  void number() {
    const std::size_t start = position_;
    while (std::isalnum(static_cast<unsigned char>(at(0))) || at(0) == '_')
      ++position_;
    const std::string text(text_.substr(start, position_ - start));
    if (text.size() > 2 && text[0] == '0' && std::string_view("fFdD").find(text[1]) < 4 &&
        text.find_first_not_of("0123456789abcdefABCDEF", 2) == std::string::npos) {
      push(Token::Kind::kFloat, text);
      return;
    }
    std::size_t used = 0;
    std::uint64_t value = 0;
    try {
      const bool binary = text.size() > 2 && text[0] == '0' && (text[1] == 'b' || text[1] == 'B');
      value = std::stoull(binary ? text.substr(2) : text, &used, binary ? 2 : 0);
      used += binary ? 2 : 0;
    } catch (const std::exception&) {
      used = 0;
    }
    if (used < text.size() && text[used] == 'U')
      ++used;
    if (used != text.size())
      throw Fault("PTX line " + std::to_string(line_) + ": number " + text + " is not supported");
    push(Token::Kind::kNumber, text, value);
  }

  void string() {
    const std::size_t end = text_.find('"', position_ + 1);
    if (end == std::string_view::npos)
      throw Fault("PTX line " + std::to_string(line_) + ": string without end");
    push(Token::Kind::kString, std::string(text_.substr(position_ + 1, end - position_ - 1)));
    position_ = end + 1;
  }

  std::string_view text_;
  std::size_t position_ = 0;
  int line_ = 1;
  std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> tokens_of(std::string_view text) {
  return Lexer(text).run();
}

}  // namespace ptx
