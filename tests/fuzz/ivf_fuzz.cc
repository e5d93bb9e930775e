// Fuzz target: IvfReader. A file is read to its end or to an InputError, the same from memory and
// from a pipe, and frames are bytes of the file.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "host/error.hh"
#include "host/ivf.hh"
#include "tests/fuzz/unsized_source.hh"

namespace {

using ByteSpan = std::span<const std::uint8_t>;

constexpr std::size_t kHeaderLengthAt = 6;
constexpr std::size_t kFrameHeaderBytes = 12;

void require(bool condition) {
  if (!condition) {
    std::abort();
  }
}

struct Result {
  std::size_t frames = 0;
  bool whole = false;  // no error

  bool operator==(const Result&) const = default;
};

Result read(std::unique_ptr<host::ByteSource> source, ByteSpan file) {
  Result result;
  try {
    host::IvfReader reader(std::move(source), "fuzz");
    require(reader.header().frame_rate.num > 0 && reader.header().frame_rate.den > 0);
    ByteSpan rest = file.subspan(std::min<std::size_t>(
        file.size(), file[kHeaderLengthAt] | std::size_t{file[kHeaderLengthAt + 1]} << 8));
    while (const std::optional<host::IvfFrame> frame = reader.next()) {
      rest = rest.subspan(kFrameHeaderBytes);
      require(std::ranges::equal(frame->bytes, rest.first(frame->bytes.size())));
      rest = rest.subspan(frame->bytes.size());
      ++result.frames;
    }
    require(rest.empty());
    result.whole = true;
  } catch (const host::InputError&) {
    // Refused; the frames before it were good.
  }
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteSpan file(data, size);
  const Result result = read(host::open_memory(file), file);
  // Once in a while: for a pipe that claims much, a megabyte is cleared first.
  if (size % 32 == 0) {
    require(read(std::make_unique<UnsizedSource>(file), file) == result);
  }
  return 0;
}
