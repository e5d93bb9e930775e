// The codec alone: codes a picture, decodes it, and finds both states equal.
#include <cstdio>

#include "codec/decode.hh"
#include "codec/encode.hh"

int main() {
  vp8::Picture source(64, 48);
  vp8::Decisions decisions;  // a key frame of macroblocks that are predicted from their borders
  decisions.header.width = 64;
  decisions.header.height = 48;
  decisions.header.quant.y_ac_qi = 20;
  decisions.modes.resize(4 * 3);

  const vp8::State before;
  const vp8::Encoded encoded = vp8::encode(before, source, decisions);
  const vp8::Decoded decoded = vp8::decode(before, encoded.bytes);
  std::printf("%zu bytes, states %s\n", encoded.bytes.size(),
              decoded.next == encoded.next ? "equal" : "differ");
  return decoded.next == encoded.next ? 0 : 1;
}
