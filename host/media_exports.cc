// What the media module exports.
#include "host/media_module.hh"

namespace host {

extern "C" const MediaModule fastslow_media_module = {
    .open_media = libav::open_media,
    .open_media_copy = libav::open_media_copy,
    .open_matroska = libav::open_matroska,
    .open_muxer = libav::open_muxer,
    .has_sound = libav::has_sound,
    .open_tracks = libav::open_tracks,
    .to_still = libav::to_still,
    .to_picture = libav::to_picture,
    .png = libav::png,
    .read_alpha_still = libav::read_alpha_still,
};

}  // namespace host
