// Seals: what lies in a store or an exchange is believed only if somebody who knows the run's key
// wrote it under this very name (HMAC-SHA256).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "cloud/bytes.hh"

namespace cloud {

/// The secret of a run.
using SealKey = std::array<std::uint8_t, 32>;

/// Bytes that a seal adds.
inline constexpr std::size_t kSealBytes = 32;

/// A new key from the system's random numbers.
SealKey make_seal_key();

/// `bytes` with a seal behind them, which also covers the name that they are stored under.
Bytes seal(const SealKey& key, const std::string& name, Bytes bytes);

/// What was sealed. Throws Damaged if this is not what seal() made with this key and name.
Bytes open_sealed(const SealKey& key, const std::string& name, Bytes sealed);

/// SHA-256 of `bytes` in 64 lower-case hexadecimal digits.
std::string sha256_hex(ByteSpan bytes);

}  // namespace cloud
