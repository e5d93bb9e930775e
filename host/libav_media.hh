// What the media module does; each function as the one of host that has its name, where it is
// described.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "host/alpha_still.hh"
#include "host/byte_source.hh"
#include "host/media_output.hh"
#include "host/picture_source.hh"
#include "host/scratch_file.hh"
#include "host/side_tracks.hh"
#include "host/still.hh"

namespace host::libav {

std::unique_ptr<PictureSource> open_media(const std::string& path,
                                          const std::string& name,
                                          const SourceOptions& options);
std::unique_ptr<PictureSource> open_media_copy(std::shared_ptr<const ScratchFile> copy,
                                               const std::string& name,
                                               const SourceOptions& options);
/// open_frames() of a file that begins like Matroska.
std::unique_ptr<FrameReader> open_matroska(std::unique_ptr<ByteSource> bytes,
                                           const std::string& name);
/// open_writer() for all but IVF.
std::unique_ptr<FrameWriter> open_muxer(OutputFile& file,
                                        Container container,
                                        const VideoFacts& facts);
bool has_sound(const std::string& path, const std::string& name);
std::unique_ptr<SideTracks> open_tracks(const std::string& path,
                                        const std::string& name,
                                        const TrackOptions& options);
Still to_still(const vp8::Picture& picture);
vp8::Picture to_picture(const Still& still);
std::vector<std::uint8_t> png(const Still& still);
AlphaStill read_alpha_still(const std::string& path);

}  // namespace host::libav
