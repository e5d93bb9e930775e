// The MD5 of a shown picture, as the lists of the VP8 test vectors have it.
#pragma once

#include <string>

#include "codec/picture.hh"

namespace tools {

/// 32 hex digits: of the shown samples of Y, U and V, row by row.
std::string picture_md5(const vp8::Picture& picture);

}  // namespace tools
