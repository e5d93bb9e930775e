// The stream that an encode writes: its container, the times of its pictures, what goes beside
// them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "host/ivf.hh"
#include "host/media_output.hh"
#include "host/output_file.hh"
#include "host/picture_source.hh"
#include "host/plan.hh"
#include "host/side_tracks.hh"
#include "tools/output_format.hh"

namespace tools {

/// What to write besides pictures.
struct SideChoice {
  std::string name;  ///< of the input, for messages
  host::SourceOptions source;
  std::int64_t limit = -1;
  bool audio = true;
};

/// Knows at once what there is to say, and opens the container later.
class EncodeOutput {
 public:
  /// `source` must outlive this. Throws host::InputError for sound that cannot be read.
  EncodeOutput(const StreamOutput& output,
               const host::PictureSource& source,
               const SideChoice& choice);

  /// What is left out, one sentence each.
  std::vector<std::string> notices() const;
  /// Bytes that sound and subtitles will take, about; read from the file where there are some.
  std::uint64_t side_bytes() const;
  /// The source whose pictures were encoded is the one whose times count.
  void use_times(const host::PictureSource& source);
  /// Begins the file, which must outlive the writer, as this must: `write` takes a picture's number
  /// for its time. `frames` of 0 or less are unknown.
  std::unique_ptr<host::FrameWriter> open(host::OutputFile& file,
                                          const host::Plan& plan,
                                          std::int64_t frames);

 private:
  host::TrackOptions track_options() const;

  host::Container container_;
  const host::PictureSource& source_;
  SideChoice choice_;
  std::unique_ptr<host::SideTracks> tracks_;
  std::shared_ptr<const host::PictureTimes> times_;
  bool has_sound_ = false;
};

}  // namespace tools
