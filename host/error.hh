// The error for input that a user gave us and that cannot be used.
#pragma once

#include <stdexcept>
#include <string>

namespace host {

/// Bad input. The message reads "FILE: WHERE: WHAT; MEND". Failures of the file system are
/// std::system_error with the path in their message.
class InputError : public std::runtime_error {
 public:
  /// `where` is a byte offset or a picture number (both count from 0), `mend` what the user can do.
  InputError(const std::string& file,
             const std::string& where,
             const std::string& what,
             const std::string& mend)
      : std::runtime_error(file + ": " + where + ": " + what + "; " + mend) {}
};

}  // namespace host
