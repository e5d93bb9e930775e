// The decoder: parse, reconstruct, advance.
#include "codec/decode.hh"

#include "codec/reconstruct.hh"

namespace vp8 {

Decoded decode(const State& before, std::span<const std::uint8_t> bytes) {
  if (bytes.empty()) {
    if (!before.ready())
      throw BitstreamError("empty frame without a key frame before it (RFC 6386 §9.1)");
    return {before, before.references.last, true, std::nullopt};
  }
  Frame frame = parse_frame(before, bytes);
  PictureRef picture(reconstruct(before, frame));
  State next = advance(before, frame, picture);
  const bool shown = frame.header.show_frame;
  return {std::move(next), std::move(picture), shown, std::move(frame)};
}

}  // namespace vp8
