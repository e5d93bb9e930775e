// HMAC-SHA256 by OpenSSL's libcrypto.
#include "cloud/seal.hh"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include "cloud/error.hh"

namespace cloud {
namespace {

static_assert(kSealBytes == SHA256_DIGEST_LENGTH);

using Digest = std::array<std::uint8_t, SHA256_DIGEST_LENGTH>;

Digest sha256(ByteSpan bytes) {
  Digest digest{};
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_sha256(), nullptr) != 1)
    throw std::runtime_error("libcrypto does not compute SHA-256");
  return digest;
}

// The name goes in as its digest: of a fixed length, it cannot run into the bytes.
Digest mac(const SealKey& key, const std::string& name, ByteSpan bytes) {
  const Digest name_digest =
      sha256(ByteSpan(reinterpret_cast<const std::uint8_t*>(name.data()), name.size()));
  const Digest bytes_digest = sha256(bytes);
  std::array<std::uint8_t, 2 * SHA256_DIGEST_LENGTH> text{};
  std::copy(name_digest.begin(), name_digest.end(), text.begin());
  std::copy(bytes_digest.begin(), bytes_digest.end(), text.begin() + name_digest.size());
  Digest digest{};
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), text.data(), text.size(),
           digest.data(), nullptr) == nullptr)
    throw std::runtime_error("libcrypto does not compute HMAC-SHA256");
  return digest;
}

}  // namespace

SealKey make_seal_key() {
  SealKey key{};
  if (RAND_bytes(key.data(), static_cast<int>(key.size())) != 1)
    throw std::runtime_error("the system gives no random numbers for a key");
  return key;
}

Bytes seal(const SealKey& key, const std::string& name, Bytes bytes) {
  const Digest digest = mac(key, name, bytes);
  bytes.insert(bytes.end(), digest.begin(), digest.end());
  return bytes;
}

Bytes open_sealed(const SealKey& key, const std::string& name, Bytes sealed) {
  if (sealed.size() < kSealBytes)
    throw Damaged(fmt::format("{}: {} bytes are too few for a seal", name, sealed.size()));
  const std::size_t size = sealed.size() - kSealBytes;
  const Digest digest = mac(key, name, ByteSpan(sealed).first(size));
  if (CRYPTO_memcmp(digest.data(), sealed.data() + size, kSealBytes) != 0)
    throw Damaged(name + ": the seal does not match: damaged, or not written by this run");
  sealed.resize(size);
  return sealed;
}

std::string sha256_hex(ByteSpan bytes) {
  std::string text;
  for (const std::uint8_t byte : sha256(bytes))
    text += fmt::format("{:02x}", byte);
  return text;
}

}  // namespace cloud
