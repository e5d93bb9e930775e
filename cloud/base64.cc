// Base64 by libcrypto's block functions, which take and give whole texts.
#include "cloud/base64.hh"

#include <openssl/evp.h>

#include "cloud/error.hh"

namespace cloud {

std::string base64_encode(ByteSpan bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // libcrypto ends it with a zero
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes.data(),
                                   static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

Bytes base64_decode(const std::string& text) {
  Bytes bytes(text.size() / 4 * 3 + 3);
  const int size =
      EVP_DecodeBlock(bytes.data(), reinterpret_cast<const unsigned char*>(text.data()),
                      static_cast<int>(text.size()));
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  if (size < 0 || static_cast<std::size_t>(size) < padding)
    throw Damaged("a text is not Base64");
  bytes.resize(static_cast<std::size_t>(size) - padding);
  if (base64_encode(bytes) != text)  // libcrypto lets blanks and loose bits pass
    throw Damaged("a text is not Base64");
  return bytes;
}

}  // namespace cloud
