// Coded VP8 frames into a container that the output's name chooses: IVF, WebM or Matroska.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "host/ivf.hh"
#include "host/output_file.hh"
#include "host/picture_source.hh"

namespace host {

enum class Container { kIvf, kWebm, kMatroska };

/// What the extension of a file's name (.ivf, .webm, .mkv; in any case) stands for; IVF for names
/// without one, such as "-"; nothing for other extensions.
std::optional<Container> container_of(const std::string& path);

class SideTracks;

/// What a container tells of a video.
struct VideoFacts {
  IvfHeader header;             ///< its frame_rate is the unit of times
  bool variable_rate = false;   ///< frame_rate is that unit only, and tells no rate
  Rational sample_aspect = {};  ///< width of a sample / its height
  Colour colour = {};           ///< samples are of limited range
  SideTracks* tracks =
      nullptr;          ///< sound and more, for WebM and Matroska; it must outlive the writer
  bool is_cut = false;  ///< the tracks end with the pictures
};

/// Begins a file. Use it like IvfWriter:
///   OutputFile file("out.webm");
///   auto writer = open_writer(file, Container::kWebm, facts);
///   writer->write(bytes, picture); ...; writer->finish(); file.commit();
/// `file` must outlive the writer. WebM and Matroska get a block for each frame, hidden ones too,
/// which stand one millisecond behind the last block so that every shown picture has a later time;
/// an index of key frames and the duration where the file can be patched; no random numbers and
/// no date, so that the same frames give the same bytes.
std::unique_ptr<FrameWriter> open_writer(OutputFile& file,
                                         Container container,
                                         const VideoFacts& facts);

}  // namespace host
