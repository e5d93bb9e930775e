// Output that appears under its final name only when it is complete.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace host {

/// A file being written. Bytes go to `.NAME.fastslow-PID.part` beside the final name until
/// commit(); without commit() nothing is left behind. "-" is standard output; it and existing
/// devices and pipes are written directly. All members throw std::system_error with the path and
/// what to do. SIGPIPE must be ignored by the program, so that a closed pipe becomes an error here.
class OutputFile {
 public:
  explicit OutputFile(const std::string& path);
  OutputFile(const OutputFile&) = delete;
  OutputFile(OutputFile&&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  OutputFile& operator=(OutputFile&&) = delete;
  /// Removes the partial file unless it was committed.
  ~OutputFile();

  /// Appends bytes.
  void write(std::span<const std::uint8_t> bytes);
  /// Overwrites bytes at `offset`, which must have been written before. Only where is_patchable().
  void write_at(std::uint64_t offset, std::span<const std::uint8_t> bytes);
  /// Puts the file on disk under its final name. Nothing may be written afterwards.
  void commit();

  /// False for standard output, devices and pipes.
  bool is_patchable() const { return !partial_path_.empty(); }
  /// Bytes written so far, patches not counted.
  std::uint64_t size_bytes() const { return size_bytes_; }
  /// The final name as the user gave it, or "standard output".
  const std::string& path() const { return path_; }

 private:
  void open_directly(const std::string& path);
  void open_partial(const std::string& final_path);
  void close();

  std::string path_;
  std::string final_path_;    // links resolved
  std::string partial_path_;  // empty if there is none
  int descriptor_ = -1;
  int registry_slot_ = -1;
  std::uint64_t size_bytes_ = 0;
};

/// Unlinks the partial files of every OutputFile that is open (of the first 64 if there are more).
/// Safe to call in a signal handler; the program should end afterwards.
void remove_partial_files() noexcept;

/// Removes the partial files of this output whose processes have ended without doing so: a signal
/// that cannot be caught, or a loss of power.
void remove_stale_partials(const std::string& path);

}  // namespace host
