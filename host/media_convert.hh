// Decoded frames of any sample format as pictures of 8-bit 4:2:0, limited range.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "codec/picture.hh"
#include "host/libav.hh"
#include "host/picture_source.hh"

namespace host {

/// Of Y, U and V; RGB has no such ranges.
bool is_full_range(const AVFrame& frame);
/// The format without the range that old names tell.
AVPixelFormat without_range(int format);
/// For people.
const char* name_of_format(int format);
/// What the samples mean after conversion: RGB becomes BT.601, the rest keeps its meaning.
Colour colour_of(const AVFrame& frame);
/// One sentence for each conversion that a user should know of.
std::vector<std::string> conversion_notices(const AVFrame& frame);

/// Converts frames of one size.
class PictureConverter {
 public:
  /// Nothing where the sample format cannot be converted. Without padding and borders.
  std::optional<vp8::Picture> convert(const AVFrame& frame);

 private:
  // What one conversion depends on.
  struct SampleFormat {
    int format = AV_PIX_FMT_NONE;
    bool full_range = false;
    int matrix = AVCOL_SPC_UNSPECIFIED;

    bool operator==(const SampleFormat&) const = default;
  };

  Owned<SwsContext> scaler_;
  SampleFormat scaler_format_;
};

}  // namespace host
