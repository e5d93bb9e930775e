// All that needs FFmpeg's libraries is in a module, fastslow-media.so, which is loaded when it is
// first needed: they are more than a hundred shared objects, and loading them takes longer than
// encoding a short clip of Y4M may.
#pragma once

#include "host/libav_media.hh"

namespace host {

/// The functions of the module; see libav_media.hh.
struct MediaModule {
  decltype(&libav::open_media) open_media;
  decltype(&libav::open_media_copy) open_media_copy;
  decltype(&libav::open_matroska) open_matroska;
  decltype(&libav::open_muxer) open_muxer;
  decltype(&libav::has_sound) has_sound;
  decltype(&libav::open_tracks) open_tracks;
  decltype(&libav::to_still) to_still;
  decltype(&libav::to_picture) to_picture;
  decltype(&libav::png) png;
  decltype(&libav::read_alpha_still) read_alpha_still;
};

/// Loads the module at the first call: from the program's folder, or ../lib/fastslow beside it.
/// Throws std::runtime_error if that fails.
const MediaModule& media_module();

}  // namespace host
