// Runs the built program like a user does, in a folder of its own for each test.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/host/test_clips.hh"

namespace tools::test {

/// What a command did.
struct Outcome {
  int code = -1;  ///< exit code; 128 + number for a signal
  std::string out;
  std::string err;
};

/// A test with a folder in which commands run.
class ProgramTest : public ::testing::Test {
 protected:
  /// Runs a shell command in the folder; $F is the program.
  Outcome sh(const std::string& command) const;
  /// Runs the program with these arguments.
  Outcome fastslow(const std::string& arguments) const { return sh("$F " + arguments); }
  /// Runs the program, which must succeed, and returns what it printed.
  std::string output_of(const std::string& arguments) const;
  /// Expects exit code `code`, nothing on standard output, and all of `words` in the message, which
  /// is one line behind that on the device.
  void expect_failure(const std::string& arguments,
                      int code,
                      const std::vector<std::string>& words) const;

  /// Kills a command that reads in.y4m from a pipe as soon as it has begun a file, and expects that
  /// nothing but in.y4m stays.
  void expect_signal_leaves_nothing(const std::string& command) const;

  /// Writes a clip of noise on a slope.
  void make_clip(const std::string& name, int width, int height, int pictures) const;
  void make_file(const std::string& name, const std::string& text) const;
  /// Puts the frames of IVF files one after the other.
  void join_ivf(const std::vector<std::string>& from, const std::string& to) const;
  std::vector<std::uint8_t> bytes_of(const std::string& name) const {
    return host::test::file_bytes(folder_ / name);
  }
  /// Names of all files in the folder, hidden ones too, sorted and with a blank between them.
  std::string files() const;

  host::test::TempFolder folder_;

 private:
  host::test::TempFolder logs_;
};

}  // namespace tools::test
