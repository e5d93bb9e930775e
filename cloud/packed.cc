// One zstd frame that knows its size.
#include "cloud/packed.hh"

#include <new>

#include <zstd.h>

#include "cloud/error.hh"

namespace cloud {
namespace {

constexpr int kLevel = 3;
// A zstd block has at least three bytes and yields at most 128 KiB.
constexpr std::uint64_t kMaxExpansion = (std::uint64_t{1} << 17) / 3 + 1;

}  // namespace

Bytes pack(ByteSpan bytes) {
  Bytes packed(ZSTD_compressBound(bytes.size()));
  const std::size_t size =
      ZSTD_compress(packed.data(), packed.size(), bytes.data(), bytes.size(), kLevel);
  if (ZSTD_isError(size) != 0)
    throw std::bad_alloc();
  packed.resize(size);
  return packed;
}

Bytes unpack(const std::string& name, ByteSpan packed) {
  const unsigned long long size = ZSTD_getFrameContentSize(packed.data(), packed.size());
  if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN ||
      size / kMaxExpansion > packed.size())
    throw Damaged(name + ": not compressed as it should be");
  Bytes bytes(size);
  if (ZSTD_decompress(bytes.data(), bytes.size(), packed.data(), packed.size()) != size)
    throw Damaged(name + ": what is compressed is damaged");
  return bytes;
}

}  // namespace cloud
