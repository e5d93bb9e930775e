// Where `fastslow inspect --overlay` writes: a PNG, a PNG for each frame, or a Y4M video.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "host/output_file.hh"
#include "host/picture_source.hh"
#include "host/still.hh"
#include "host/y4m.hh"

namespace tools {

/// Whether an overlay can go there: "x.png", "x%d.png" or "x%05d.png", "x.y4m", "-" for Y4M. The
/// text says why not, and is empty if it can.
std::string overlay_path_problem(const std::string& path);

/// Takes stills one after the other.
class OverlayOutput {
 public:
  /// Y4M gets that frame rate. Throws std::system_error, as all members do.
  OverlayOutput(const std::string& path, host::Rational frame_rate);

  /// Throws vp8::Unsupported for a second still where the path names one PNG, and for Y4M if the
  /// size changes.
  void add(std::int64_t frame, const host::Still& still);
  /// Puts the file in its place. Files with numbers are in theirs.
  void commit();

 private:
  void add_to_y4m(const host::Still& still);

  std::string path_;
  std::optional<host::OutputFile> file_;  // none where each frame has a file
  host::StreamInfo info_;
  std::optional<host::Y4mWriter> y4m_;
  std::int64_t stills_ = 0;
};

}  // namespace tools
