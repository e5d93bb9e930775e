// Pictures out of any file or URL that FFmpeg's libraries can open.
#pragma once

#include <memory>
#include <string>

#include "host/picture_source.hh"
#include "host/scratch_file.hh"

namespace host {

/// Opens the best video stream of a file or URL; decodes on the caller's thread. What is not 8-bit
/// 4:2:0 of limited range is converted, with a notice. A packet that is damaged or missing is an
/// error, never a picture left out; only pictures that the file itself hides (an edit list's) are
/// skipped, as in every player, so there may be fewer than picture_count. Throws InputError also
/// for a file without a video stream or without a picture, and std::system_error if the file cannot
/// be read.
/// Pictures are turned as the file asks, and changed as `options` say. `name` is for messages.
std::unique_ptr<PictureSource> open_media(const std::string& path,
                                          const std::string& name,
                                          const SourceOptions& options = {});

/// Likewise what a pipe has left in a scratch file, which the source keeps.
std::unique_ptr<PictureSource> open_media(std::shared_ptr<const ScratchFile> copy,
                                          const std::string& name,
                                          const SourceOptions& options = {});

}  // namespace host
