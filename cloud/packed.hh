// Compression of what is stored, by zstd.
#pragma once

#include <string>

#include "cloud/bytes.hh"

namespace cloud {

/// Compressed bytes. Throws std::bad_alloc.
Bytes pack(ByteSpan bytes);

/// What was packed. `name` is for messages. Throws Damaged for bytes that pack() does not give, and
/// before it allocates more than they can hold.
Bytes unpack(const std::string& name, ByteSpan packed);

}  // namespace cloud
