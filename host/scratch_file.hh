// Scratch files: bytes that are too many for memory, on disk under no name.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <span>
#include <string>

#include "host/byte_source.hh"

namespace host {

/// The folder for scratch files of a program that writes `output`: $TMPDIR; without that the
/// output's folder, which must have room anyway; /tmp if the output is a pipe or a device.
std::string scratch_folder(const std::string& output);

/// A file that exists only while it is open, so that nothing can leave it behind. All members throw
/// std::system_error, which names the folder and what to do.
class ScratchFile {
 public:
  explicit ScratchFile(const std::string& folder);
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile(ScratchFile&&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;
  ScratchFile& operator=(ScratchFile&&) = delete;
  ~ScratchFile();

  /// Appends bytes.
  void write(std::span<const std::uint8_t> bytes);
  /// Reads from the start what has been written until now. The file must outlive the source.
  std::unique_ptr<ByteSource> open() const;
  /// A name under which this process can open the file while it exists.
  std::string path() const;
  /// Appends all that `from` has.
  void write_all(ByteSource& from);
  /// Bytes written so far.
  std::uint64_t size_bytes() const { return size_bytes_; }

 private:
  std::string folder_;
  std::FILE* file_;
  std::uint64_t size_bytes_ = 0;
};

}  // namespace host
