// Fuzz target: Y4mReader. A stream is read to its end or to an InputError, the same from memory and
// from a pipe.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "host/error.hh"
#include "host/y4m.hh"
#include "tests/fuzz/unsized_source.hh"

namespace {

using ByteSpan = std::span<const std::uint8_t>;

constexpr int kMaxSide = 64;
constexpr int kMaxPictures = 16;

void require(bool condition) {
  if (!condition) {
    std::abort();
  }
}

// What becomes of the first line, without a picture allocated for it.
std::optional<host::StreamInfo> read_info(ByteSpan stream) {
  try {
    const host::Y4mHeader header = host::read_y4m_header(*host::open_memory(stream), "fuzz");
    require(header.info.width > 0 && header.info.height > 0);
    require(header.info.frame_rate.num > 0 && header.info.frame_rate.den > 0);
    require(header.info.sample_aspect.num > 0 && header.info.sample_aspect.den > 0);
    return header.is_plain ? std::optional(header.info) : std::nullopt;
  } catch (const host::InputError&) {
    return std::nullopt;
  }
}

struct Result {
  int pictures = 0;
  bool opened = false;
  bool whole = false;  // no error
  std::optional<vp8::Picture> last;

  bool operator==(const Result&) const = default;
};

Result read(std::unique_ptr<host::ByteSource> source) {
  Result result;
  try {
    host::Y4mReader reader(std::move(source), "fuzz");
    result.opened = true;
    while (result.pictures < kMaxPictures) {
      std::optional<vp8::Picture> picture = reader.next();
      if (!picture) {
        break;
      }
      require(picture->width() == reader.info().width);
      require(picture->height() == reader.info().height);
      result.last = std::move(picture);
      ++result.pictures;
    }
    require(result.pictures > 0);
    result.whole = true;
  } catch (const host::InputError&) {
    // Refused; the pictures before it were good.
  }
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteSpan stream(data, size);
  const std::optional<host::StreamInfo> info = read_info(stream);
  if (info && (info->width > kMaxSide || info->height > kMaxSide)) {
    return 0;
  }
  const Result result = read(host::open_memory(stream));
  require(result.opened == info.has_value());
  if (info && size % 4 == 0) {
    require(read(std::make_unique<UnsizedSource>(stream)) == result);
  }
  return 0;
}
