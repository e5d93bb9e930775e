// Reader and writer of IVF.
#include "host/ivf.hh"

#include <algorithm>
#include <array>
#include <limits>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "host/error.hh"

namespace host {
namespace {

constexpr std::string_view kSignature = "DKIF";
constexpr std::string_view kFourcc = "VP80";

// Offsets in the header of the file.
constexpr std::size_t kHeaderLengthAt = 6;
constexpr std::size_t kFourccAt = 8;
constexpr std::size_t kWidthAt = 12;
constexpr std::size_t kHeightAt = 14;
constexpr std::size_t kRateAt = 16;   // frame rate's numerator
constexpr std::size_t kScaleAt = 20;  // frame rate's denominator
constexpr std::size_t kFrameCountAt = 24;

// Offsets in the header of a frame.
constexpr std::size_t kPtsAt = 4;

template <class T>
T load(std::span<const std::uint8_t> bytes, std::size_t at) {
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    value = static_cast<T>(value | static_cast<T>(T{bytes[at + i]} << (8 * i)));
  }
  return value;
}

template <class T>
void store(std::span<std::uint8_t> bytes, std::size_t at, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    bytes[at + i] = static_cast<std::uint8_t>(value >> (8 * i));
  }
}

bool holds(std::span<const std::uint8_t> bytes, std::size_t at, std::string_view text) {
  return std::equal(text.begin(), text.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at));
}

// Old files have a zero here, for which 25 pictures/s stand.
Rational frame_rate_of(std::uint32_t rate, std::uint32_t scale) {
  constexpr std::uint32_t max = std::numeric_limits<int>::max();
  if (rate == 0 || scale == 0 || rate > max || scale > max) {
    return {25, 1};
  }
  return {static_cast<int>(rate), static_cast<int>(scale)};
}

// Throws InputError unless `bytes`, which end early if the file does, begin an IVF file of VP8.
IvfHeader parse_header(std::span<const std::uint8_t> bytes, const std::string& name) {
  const auto refuse = [&](std::size_t at, const std::string& what) {
    throw InputError(name, fmt::format("byte {}", at), what,
                     "give an IVF file with VP8 video, as `fastslow encode` writes it");
  };
  if (bytes.size() < kSignature.size() || !holds(bytes, 0, kSignature)) {
    refuse(0, fmt::format("the file does not begin with {}", kSignature));
  }
  if (bytes.size() < kIvfHeaderBytes) {
    refuse(bytes.size(), "the file ends inside its header");
  }
  if (const auto length = load<std::uint16_t>(bytes, kHeaderLengthAt); length < kIvfHeaderBytes) {
    refuse(kHeaderLengthAt,
           fmt::format("the header claims {} bytes, not {}", length, kIvfHeaderBytes));
  }
  if (!holds(bytes, kFourccAt, kFourcc)) {
    refuse(kFourccAt, fmt::format("the codec is not {}", kFourcc));
  }
  return {.width = load<std::uint16_t>(bytes, kWidthAt),
          .height = load<std::uint16_t>(bytes, kHeightAt),
          .frame_rate = frame_rate_of(load<std::uint32_t>(bytes, kRateAt),
                                      load<std::uint32_t>(bytes, kScaleAt)),
          .frame_count = load<std::uint32_t>(bytes, kFrameCountAt)};
}

// Reads over what a longer header has after our 32 bytes.
void skip(ByteSource& bytes, std::size_t count) {
  std::array<std::uint8_t, 256> ignored{};
  while (count > 0) {
    const std::size_t step = std::min(count, ignored.size());
    if (bytes.read(std::span(ignored).first(step)) < step) {
      return;
    }
    count -= step;
  }
}

std::array<std::uint8_t, kIvfHeaderBytes> header_bytes(const IvfHeader& header) {
  std::array<std::uint8_t, kIvfHeaderBytes> bytes{};
  std::copy(kSignature.begin(), kSignature.end(), bytes.begin());
  store(bytes, kHeaderLengthAt, static_cast<std::uint16_t>(kIvfHeaderBytes));
  std::copy(kFourcc.begin(), kFourcc.end(), bytes.begin() + kFourccAt);
  store(bytes, kWidthAt, static_cast<std::uint16_t>(header.width));
  store(bytes, kHeightAt, static_cast<std::uint16_t>(header.height));
  store(bytes, kRateAt, static_cast<std::uint32_t>(header.frame_rate.num));
  store(bytes, kScaleAt, static_cast<std::uint32_t>(header.frame_rate.den));
  store(bytes, kFrameCountAt, header.frame_count);
  return bytes;
}

}  // namespace

IvfReader::IvfReader(std::unique_ptr<ByteSource> bytes, std::string name)
    : bytes_(std::move(bytes)), name_(std::move(name)) {
  std::array<std::uint8_t, kIvfHeaderBytes> raw{};
  const std::size_t count = bytes_->read(raw);
  header_ = parse_header(std::span(raw).first(count), name_);
  skip(*bytes_, load<std::uint16_t>(raw, kHeaderLengthAt) - kIvfHeaderBytes);
}

void IvfReader::throw_at_frame(const std::string& what) const {
  throw InputError(name_, fmt::format("frame {} at byte {}", frames_read_, bytes_->offset()), what,
                   "copy or make the file again");
}

std::vector<std::uint8_t> IvfReader::read_payload(std::uint32_t size_bytes) {
  if (size_bytes > kMaxIvfFrameBytes) {
    throw_at_frame(fmt::format("the frame claims {} bytes, more than {} MiB", size_bytes,
                               kMaxIvfFrameBytes >> 20));
  }
  if (const auto remaining = bytes_->remaining(); remaining && *remaining < size_bytes) {
    throw_at_frame(
        fmt::format("the frame claims {} bytes, but only {} remain", size_bytes, *remaining));
  }
  // A pipe may claim much and deliver little, so memory grows with what arrives.
  constexpr std::size_t step_bytes = std::size_t{1} << 20;
  std::vector<std::uint8_t> payload;
  while (payload.size() < size_bytes) {
    const std::size_t start = payload.size();
    payload.resize(std::min<std::size_t>(size_bytes, start + std::max(start, step_bytes)));
    const std::size_t count = bytes_->read(std::span(payload).subspan(start));
    if (count < payload.size() - start) {
      throw_at_frame(
          fmt::format("the file ends after {} of the frame's {} bytes", start + count, size_bytes));
    }
  }
  return payload;
}

std::optional<IvfFrame> IvfReader::next() {
  offset_bytes_ = bytes_->offset();
  std::array<std::uint8_t, kIvfFrameHeaderBytes> raw{};
  const std::size_t count = bytes_->read(raw);
  if (count == 0) {
    return std::nullopt;
  }
  if (count < raw.size()) {
    throw_at_frame("the file ends inside the frame's header");
  }
  IvfFrame frame{.bytes = read_payload(load<std::uint32_t>(raw, 0)),
                 .pts = load<std::uint64_t>(raw, kPtsAt)};
  ++frames_read_;
  return frame;
}

IvfWriter::IvfWriter(OutputFile& file, const IvfHeader& header) : file_(&file), header_(header) {
  file_->write(header_bytes(header_));
}

void IvfWriter::write(std::span<const std::uint8_t> frame, std::uint64_t pts) {
  std::vector<std::uint8_t> bytes(kIvfFrameHeaderBytes);
  store(bytes, 0, static_cast<std::uint32_t>(frame.size()));
  store(bytes, kPtsAt, pts);
  bytes.insert(bytes.end(), frame.begin(), frame.end());
  file_->write(bytes);
  ++frames_written_;
}

void IvfWriter::finish() {
  if (frames_written_ == header_.frame_count || !file_->is_patchable()) {
    return;
  }
  header_.frame_count = frames_written_;
  file_->write_at(0, header_bytes(header_));
}

}  // namespace host
