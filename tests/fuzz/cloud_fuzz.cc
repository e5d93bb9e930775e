// Fuzz target: what comes from stores, exchanges and workers, behind its seal. The first byte of an
// input says what the others are. What a reader takes, its writer gives back byte for byte; all
// else is an error.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "cloud/error.hh"
#include "cloud/message.hh"
#include "cloud/packed.hh"
#include "cloud/stored_results.hh"
#include "cloud/stored_work.hh"
#include "codec/picture_io.hh"

namespace {

using cloud::Bytes;
using cloud::ByteSpan;

constexpr cloud::SealKey kKey = {};
constexpr int kSide = 32;
constexpr std::size_t kMacroblocks = 4;

void require_equal(ByteSpan a, ByteSpan b) {
  if (!std::equal(a.begin(), a.end(), b.begin(), b.end()))
    std::abort();
}

// A result behind the seal that no mutation hits.
void result(ByteSpan bytes) {
  const Bytes sealed = cloud::seal(kKey, "result", Bytes(bytes.begin(), bytes.end()));
  require_equal(cloud::write_result(cloud::read_result(sealed, kKey), kKey), sealed);
}

void picture(ByteSpan bytes, const vp8::Picture* reference) {
  const vp8::Picture read = vp8::parse_picture(bytes, kSide, kSide, reference);
  const Bytes again = vp8::serialise_picture(read, reference);
  if (!(vp8::parse_picture(again, kSide, kSide, reference) == read))
    std::abort();
}

vp8::Picture grey() {
  vp8::Picture picture(kSide, kSide);
  std::fill_n(picture.storage(), picture.size_bytes(), std::uint8_t{128});
  return picture;
}

void read(std::uint8_t kind, ByteSpan bytes) {
  static const vp8::Picture reference = grey();
  switch (kind % 8) {
    case 0:
      return require_equal(cloud::write_task(cloud::read_task(bytes)), bytes);
    case 1:
      return result(bytes);
    case 2:
      return require_equal(cloud::write_work(cloud::read_work(bytes)), bytes);
    case 3:
      return require_equal(cloud::write_decisions(cloud::read_decisions(bytes, 1, kMacroblocks)),
                           bytes);
    case 4:
      return require_equal(cloud::write_frames(cloud::read_frames(bytes)), bytes);
    case 5: {
      const Bytes unpacked = cloud::unpack("input", bytes);
      return require_equal(cloud::unpack("again", cloud::pack(unpacked)), unpacked);
    }
    case 6:
      return picture(bytes, nullptr);
    default:
      return picture(bytes, &reference);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0)
    return 0;
  try {
    read(data[0], ByteSpan(data, size).subspan(1));
  } catch (const cloud::Damaged&) {
    // Refused.
  } catch (const vp8::BitstreamError&) {
    // Likewise.
  }
  return 0;
}
