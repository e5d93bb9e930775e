// The frames of an encode that may turn out not to be wanted.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/ivf.hh"
#include "host/pipeline.hh"
#include "host/scratch_file.hh"

namespace host {

/// Coded frames in a scratch file. Memory: 16 bytes a frame. All members throw std::system_error.
class FrameStore {
 public:
  explicit FrameStore(const std::string& folder) : bytes_(folder) {}

  void add(const CodedFrame& frame);
  /// Writes all frames; the writer is not finished with that.
  void write_to(FrameWriter& writer) const;

  std::uint32_t frames() const { return static_cast<std::uint32_t>(frames_.size()); }
  /// Bytes of the IVF file that holds these frames.
  std::uint64_t ivf_bytes() const;

 private:
  struct Entry {
    std::int64_t picture;
    std::uint64_t size_bytes;
  };

  ScratchFile bytes_;
  std::vector<Entry> frames_;
};

}  // namespace host
