// Coded VP8 frames out of a file whose first bytes tell its container: IVF, or WebM and Matroska.
#pragma once

#include <memory>
#include <string>

#include "host/byte_source.hh"
#include "host/ivf.hh"

namespace host {

/// Opens a stream of VP8, also a pipe: WebM and Matroska by FFmpeg's libraries, all else by
/// IvfReader. `name` is for messages. The best video stream counts, any other stream is passed
/// over. Its pts are times of the container, rounded to 1 / frame_rate seconds; a hidden frame has
/// that of the picture behind the last shown one. Throws InputError unless it is VP8.
std::unique_ptr<FrameReader> open_frames(std::unique_ptr<ByteSource> bytes,
                                         const std::string& name);

}  // namespace host
