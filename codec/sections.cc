// Sections by zstd.
#include "codec/sections.hh"

#include <memory>
#include <new>
#include <utility>

#include <zstd.h>

#include "codec/types.hh"

namespace vp8::sections {
namespace {

// Residuals are for zstd's Huffman coder: its least table of matches is faster and smaller here.
constexpr int kZstdLevel = 1;
constexpr int kZstdHashLog = 6;
// A zstd block has at least three bytes and yields at most 128 KiB.
constexpr std::size_t kMaxExpansion = (std::size_t{1} << 17) / 3 + 1;
constexpr std::size_t kLengthBytes = 4;

}  // namespace

void fail(const std::string& where, std::size_t offset, const std::string& what) {
  throw BitstreamError(where + " at byte " + std::to_string(offset) + ": " + what);
}

void append_number(std::vector<std::uint8_t>& out, std::uint64_t value, std::size_t size_bytes) {
  for (std::size_t i = 0; i < size_bytes; ++i)
    out.push_back(static_cast<std::uint8_t>(value >> 8 * i));
}

std::uint64_t read_number(std::span<const std::uint8_t> bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;)
    value = value << 8 | bytes[i];
  return value;
}

void append_section(std::vector<std::uint8_t>& out, std::span<const std::uint8_t> contents) {
  const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context(ZSTD_createCCtx(),
                                                                     &ZSTD_freeCCtx);
  if (context == nullptr)
    throw std::bad_alloc();
  const std::size_t start = out.size();
  out.resize(start + kLengthBytes + ZSTD_compressBound(contents.size()));
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, kZstdLevel);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_hashLog, kZstdHashLog);
  const std::size_t size =
      ZSTD_compress2(context.get(), out.data() + start + kLengthBytes,
                     out.size() - start - kLengthBytes, contents.data(), contents.size());
  if (ZSTD_isError(size) != 0)
    throw std::bad_alloc();
  for (std::size_t i = 0; i < kLengthBytes; ++i)
    out[start + i] = static_cast<std::uint8_t>(size >> 8 * i);
  out.resize(start + kLengthBytes + size);
}

SectionReader::SectionReader(std::string subject,
                             std::span<const std::uint8_t> bytes,
                             std::size_t offset)
    : subject_(std::move(subject)), bytes_(bytes), offset_(offset) {}

std::vector<std::uint8_t> SectionReader::next(const std::string& name, std::size_t size_bytes) {
  start_ = offset_;
  if (bytes_.size() - offset_ < kLengthBytes)
    refuse(name, "ends inside its length");
  const std::size_t length = read_number(bytes_.subspan(offset_, kLengthBytes));
  if (length > bytes_.size() - offset_ - kLengthBytes)
    refuse(name, "length " + std::to_string(length) + " exceeds the bytes that follow");
  const auto frame = bytes_.subspan(offset_ + kLengthBytes, length);
  if (size_bytes / kMaxExpansion > length ||
      ZSTD_getFrameContentSize(frame.data(), length) != size_bytes) {
    refuse(name, "does not hold the " + std::to_string(size_bytes) + " bytes it should");
  }
  std::vector<std::uint8_t> contents(size_bytes);
  if (ZSTD_decompress(contents.data(), size_bytes, frame.data(), length) != size_bytes)
    refuse(name, "is not valid zstd");
  offset_ += kLengthBytes + length;
  return contents;
}

void SectionReader::expect_end() const {
  if (offset_ != bytes_.size())
    fail(subject_ + ", end", offset_, "bytes follow the last section");
}

void SectionReader::refuse(const std::string& name, const std::string& what) const {
  fail(subject_ + ", " + name, start_, what);
}

}  // namespace vp8::sections
