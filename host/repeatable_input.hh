// A video that can be read several times, also if it comes through a pipe.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "host/picture_source.hh"
#include "host/scratch_file.hh"

namespace host {

/// A video that open() reads from its start, each time.
class RepeatableInput {
 public:
  /// A pipe's first `limit` pictures (-1: all) are read at once, into a scratch file in `folder`.
  /// Throws what open_source() and PictureSource::next() throw, and std::system_error where the
  /// scratch file has no room.
  RepeatableInput(const std::string& path, std::int64_t limit, const std::string& folder);

  /// As open_source(). The input must outlive the source.
  std::unique_ptr<PictureSource> open() const;
  /// For messages.
  const std::string& name() const { return name_; }

 private:
  std::string path_;
  std::string name_;
  std::optional<ScratchFile> copy_;  // of a pipe
};

}  // namespace host
