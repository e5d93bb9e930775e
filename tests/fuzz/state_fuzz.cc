// Fuzz target: states. The first byte of an input says how the others get past the checksum, which
// no mutation hits. What parse_state takes, serialise writes back byte for byte; all else is a
// BitstreamError or Unsupported.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include <xxhash.h>
#include <zstd.h>

#include "codec/state_io.hh"

namespace {

using Bytes = std::vector<std::uint8_t>;
using ByteSpan = std::span<const std::uint8_t>;

constexpr int kMaxSide = 64;
constexpr std::size_t kWidthAt = 9;
constexpr std::size_t kHeightAt = 11;
constexpr std::size_t kHeaderSize = 15;
constexpr std::size_t kMaxSection = std::size_t{1} << 14;

void require(bool condition) {
  if (!condition) {
    std::abort();
  }
}

// The bytes of an input in order, then zeros.
class Input {
 public:
  explicit Input(ByteSpan bytes) : bytes_(bytes) {}

  bool empty() const { return bytes_.empty(); }
  std::uint8_t byte() {
    const ByteSpan one = up_to(1);
    return one.empty() ? std::uint8_t{0} : one[0];
  }
  std::size_t word() {
    const std::size_t low = byte();
    return low | std::size_t{byte()} << 8;
  }
  ByteSpan up_to(std::size_t count) {
    const ByteSpan taken = bytes_.first(std::min(count, bytes_.size()));
    bytes_ = bytes_.subspan(taken.size());
    return taken;
  }
  ByteSpan rest() { return up_to(bytes_.size()); }

 private:
  ByteSpan bytes_;
};

// A size that no fuzzer should wait for.
bool is_too_large(ByteSpan bytes) {
  const auto side = [&](std::size_t at) { return bytes[at] | bytes[at + 1] << 8; };
  return bytes.size() >= kHeaderSize && (side(kWidthAt) > kMaxSide || side(kHeightAt) > kMaxSide);
}

void parse(ByteSpan bytes) {
  if (is_too_large(bytes)) {
    return;
  }
  try {
    const vp8::State state = vp8::parse_state(bytes);
    require(std::ranges::equal(vp8::serialise(state), bytes));
  } catch (const vp8::BitstreamError&) {
    // Refused, as nearly all are.
  } catch (const vp8::Unsupported&) {
    // Refused as well.
  }
}

Bytes with_checksum(Bytes bytes) {
  const std::uint64_t checksum = XXH3_64bits(bytes.data(), bytes.size());
  for (int shift = 0; shift < 64; shift += 8) {
    bytes.push_back(static_cast<std::uint8_t>(checksum >> shift));
  }
  return bytes;
}

// Lengths that point past the end are cut to what is there, so that the section is looked at.
Bytes with_lengths(ByteSpan input) {
  Bytes bytes(input.begin(), input.end());
  for (std::size_t at = kHeaderSize; at + 4 <= bytes.size();) {
    std::size_t length = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      length |= std::size_t{bytes[at + i]} << 8 * i;
    }
    length = std::min(length, bytes.size() - at - 4);
    for (std::size_t i = 0; i < 4; ++i) {
      bytes[at + i] = static_cast<std::uint8_t>(length >> 8 * i);
    }
    at += 4 + length;
  }
  return bytes;
}

// As state_io.cc compresses, since parse_state refuses what is compressed otherwise.
void append_section(Bytes& out, ByteSpan raw) {
  const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context(ZSTD_createCCtx(),
                                                                     &ZSTD_freeCCtx);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, 1);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_hashLog, 6);
  Bytes packed(ZSTD_compressBound(raw.size()));
  const std::size_t size =
      ZSTD_compress2(context.get(), packed.data(), packed.size(), raw.data(), raw.size());
  require(ZSTD_isError(size) == 0);
  for (int shift = 0; shift < 32; shift += 8) {
    out.push_back(static_cast<std::uint8_t>(size >> shift));
  }
  out.insert(out.end(), packed.begin(), packed.begin() + static_cast<std::ptrdiff_t>(size));
}

// Four bytes of the header (sides, references), then sections: how many bytes each holds (the last
// of the given ones repeat as zeros), in two bytes, how many are given, in two bytes, and those.
Bytes of_sections(Input input) {
  Bytes bytes = {'V', 'P', '8', 'S', 'T', 'A', 'T', 'E', 1};
  for (int i = 0; i < 2; ++i) {
    bytes.push_back(input.byte());
    bytes.push_back(0);
  }
  bytes.push_back(input.byte());
  bytes.push_back(input.byte());
  while (!input.empty()) {
    const std::size_t size = std::min(input.word(), kMaxSection);
    const ByteSpan given = input.up_to(std::min(input.word(), size));
    Bytes raw(given.begin(), given.end());
    raw.resize(size);
    append_section(bytes, raw);
  }
  return with_checksum(std::move(bytes));
}

// Eight samples or so for each byte: noise, ramps and flats, from which all block codes follow.
void paint(vp8::Picture& picture, Input& input) {
  for (const vp8::Plane plane : {vp8::kPlaneY, vp8::kPlaneU, vp8::kPlaneV}) {
    const vp8::PlaneView view = picture.coded(plane);
    const int step = static_cast<std::int8_t>(input.byte());
    for (int y = 0; y < view.height; ++y) {
      int value = 0;
      for (int x = 0; x < view.width; ++x) {
        value = x % 8 == 0 ? input.byte() : value + step;
        view.at(y, x) = static_cast<std::uint8_t>(value);
      }
    }
  }
  picture.extend_borders();
}

// Picture `first` again, but for some samples: then its blocks are predicted from it.
vp8::Picture changed(const vp8::Picture& first, Input& input) {
  vp8::Picture picture = first;
  const vp8::PlaneView view = picture.coded(vp8::kPlaneY);
  for (int count = input.byte() % 16; count > 0; --count) {
    const int y = input.byte() % view.height;
    const int x = input.byte() % view.width;
    view.at(y, x) = input.byte();
  }
  picture.extend_borders();
  return picture;
}

void set_references(vp8::State& state, Input& input) {
  const std::uint8_t kinds = input.byte();
  vp8::Picture last(state.width, state.height);
  paint(last, input);
  state.references.last = vp8::PictureRef(std::move(last));
  const auto other = [&](int kind) {
    if (kind == 0) {
      return state.references.last;
    }
    if (kind == 1 && state.references.golden) {
      return state.references.golden;
    }
    if (kind == 2) {
      return vp8::PictureRef(changed(*state.references.last, input));
    }
    vp8::Picture picture(state.width, state.height);
    paint(picture, input);
    return vp8::PictureRef(std::move(picture));
  };
  state.references.golden = other(kinds & 3);
  state.references.altref = other(kinds >> 2 & 3);
}

void fill(Input& input, auto& values) {
  for (auto& value : values) {
    value = static_cast<std::remove_reference_t<decltype(value)>>(input.byte());
  }
}

vp8::State of_fields(Input input) {
  vp8::State state;
  state.width = 1 + input.byte() % kMaxSide;
  state.height = 1 + input.byte() % kMaxSide;
  const std::uint8_t flags = input.byte();
  state.color_space = (flags & 1) != 0;
  state.clamping_type = (flags & 2) != 0;
  state.sign_bias_golden = (flags & 4) != 0;
  state.sign_bias_altref = (flags & 8) != 0;
  state.segmentation.absolute = (flags & 16) != 0;
  state.horizontal_scale = input.byte() % 5;
  state.vertical_scale = input.byte() % 5;
  fill(input, state.probs.y_mode);
  fill(input, state.probs.uv_mode);
  fill(input, state.segmentation.quantizer);
  fill(input, state.segmentation.filter_level);
  fill(input, state.filter_deltas.ref_frame);
  fill(input, state.filter_deltas.mode);
  state.segmentation.map.resize(static_cast<std::size_t>(state.mb_cols() * state.mb_rows()));
  for (std::uint8_t& segment : state.segmentation.map) {
    segment = input.byte() % 32 % 5;
  }
  set_references(state, input);
  return state;
}

// A state that VP8 can lead to comes back from its bytes; another is refused.
void round_trip(const vp8::State& state) {
  Bytes bytes;
  try {
    bytes = vp8::serialise(state);
  } catch (const vp8::Unsupported&) {
    return;
  }
  const vp8::State again = vp8::parse_state(bytes);
  require(again == state);
  require(vp8::hash(again) == vp8::hash(state));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(ByteSpan(data, size));
  switch (input.byte() % 4) {
    case 0:
      parse(input.rest());
      break;
    case 1:
      parse(with_checksum(with_lengths(input.rest())));
      break;
    case 2:
      parse(of_sections(input));
      break;
    default:
      round_trip(of_fields(input));
  }
  return 0;
}
