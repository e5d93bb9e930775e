// Base64 with padding (RFC 4648), by libcrypto: bytes inside JSON and headers.
#pragma once

#include <string>

#include "cloud/bytes.hh"

namespace cloud {

std::string base64_encode(ByteSpan bytes);
/// Throws Damaged for what base64_encode() does not give.
Bytes base64_decode(const std::string& text);

}  // namespace cloud
