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
  /// A pipe is read at once into a scratch file in `folder`: of Y4M as it is the first `limit`
  /// pictures (-1: all), of all else everything.
  /// Throws what open_source() and PictureSource::next() throw, and std::system_error where the
  /// scratch file has no room.
  RepeatableInput(const std::string& path,
                  std::int64_t limit,
                  const std::string& folder,
                  const SourceOptions& options = {});

  /// As open_source(). The input must outlive the source.
  std::unique_ptr<PictureSource> open() const;
  /// For messages.
  const std::string& name() const { return name_; }

 private:
  std::string path_;
  std::string name_;
  SourceOptions options_;
  std::shared_ptr<ScratchFile> copy_;  // of a pipe; null: none
  bool is_y4m_ = false;                // for Y4mReader
};

}  // namespace host
