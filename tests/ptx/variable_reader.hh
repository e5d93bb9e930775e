// Declarations of variables and parameters, with their initial values.
#pragma once

#include <cstddef>
#include <string>

#include "tests/ptx/token_reader.hh"

namespace ptx {

/// The kind of memory that a word such as ".shared" names; kGeneric for other words.
Space space_of(const std::string& word);

class VariableReader : public TokenReader {
 public:
  using TokenReader::TokenReader;

  /// `.align 4 .b8 name[10] = {...}`, after the word for its space.
  Symbol variable(Space space);

 private:
  void property(Type& type, std::size_t& align);
  std::size_t array_length();
  void initialiser(Symbol& symbol, std::size_t element, std::size_t& offset);
  void pointer(Symbol& symbol, std::size_t element, std::size_t offset);
  void initial_number(Symbol& symbol, std::size_t element, std::size_t offset);
};

}  // namespace ptx
