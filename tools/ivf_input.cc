// IVF frames, and IVF as a source of pictures.
#include "tools/ivf_input.hh"

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <string_view>
#include <utility>

#include <fmt/core.h>

#include "codec/types.hh"
#include "host/byte_source.hh"
#include "host/error.hh"
#include "host/media_frames.hh"

namespace tools {
namespace {

constexpr const char* kCopyAgain = "copy or make the file again";

// The shown pictures of an IVF file, which must all have one size.
class IvfPictures final : public host::PictureSource {
 public:
  explicit IvfPictures(const std::string& path) : input_(path), first_(decode_shown()) {
    if (!first_) {
      throw host::InputError(input_.name(), "end of file", "no frame shows a picture",
                             "give a video of at least one picture");
    }
    info_.width = first_->width();
    info_.height = first_->height();
    info_.frame_rate = input_.picture_rate();
  }

  const host::StreamInfo& info() const override { return info_; }
  std::optional<vp8::Picture> next() override {
    return first_ ? std::exchange(first_, std::nullopt) : decode_shown();
  }

 private:
  std::optional<vp8::Picture> decode_shown() {
    while (const std::optional<host::IvfFrame> frame = input_.next()) {
      vp8::Decoded decoded = input_.decode(state_, *frame);
      state_ = std::move(decoded.next);
      if (decoded.shown) {
        check_size(*decoded.reconstruction);
        return *decoded.reconstruction;
      }
    }
    return std::nullopt;
  }

  void check_size(const vp8::Picture& picture) const {
    if (info_.width != 0 && (picture.width() != info_.width || picture.height() != info_.height)) {
      input_.fail(fmt::format("the picture size changes from {}x{} to {}x{}", info_.width,
                              info_.height, picture.width(), picture.height()),
                  "split the file before this frame");
    }
  }

  IvfInput input_;
  vp8::State state_;
  host::StreamInfo info_{};
  std::optional<vp8::Picture> first_;
};

bool is_ivf_of_vp8(const std::string& path) {
  constexpr std::string_view signature = "DKIF";
  constexpr std::string_view codec = "VP80";
  constexpr std::ptrdiff_t codec_at = 8;
  if (!std::filesystem::is_regular_file(path)) {
    return false;
  }
  std::array<std::uint8_t, codec_at + codec.size()> bytes{};
  host::open_file(path)->read(bytes);
  return std::equal(signature.begin(), signature.end(), bytes.begin()) &&
         std::equal(codec.begin(), codec.end(), bytes.begin() + codec_at);
}

}  // namespace

IvfInput::IvfInput(const std::string& path)
    : name_(path == "-" ? "standard input" : path),
      reader_(host::open_frames(host::open_file(path), name_)) {}

std::optional<host::IvfFrame> IvfInput::next() {
  std::optional<host::IvfFrame> frame = reader_->next();
  if (frame) {
    ++number_;
  } else if (number_ < 0) {
    throw host::InputError(name_, fmt::format("byte {}", offset_bytes()), "the file has no frames",
                           "give a video of at least one picture");
  }
  return frame;
}

host::Rational IvfInput::picture_rate() const {
  const host::Rational unit = header().frame_rate;
  constexpr int max_rate = 999;
  if (unit.num / unit.den <= max_rate || !std::filesystem::is_regular_file(name_))
    return unit;
  IvfInput again(name_);
  std::int64_t steps = -1;
  std::uint64_t first = 0, last = 0;
  while (const std::optional<host::IvfFrame> frame = again.next()) {
    if (host::is_hidden_frame(frame->bytes))
      continue;
    first = ++steps == 0 ? frame->pts : first;
    last = frame->pts;
  }
  if (steps < 1 || last <= first)
    return unit;
  constexpr double parts = 1000;
  const double rate =
      static_cast<double>(steps) * unit.num / (static_cast<double>(last - first) * unit.den);
  return {std::max(1, static_cast<int>(std::lround(std::min(rate, 1e6) * parts))),
          static_cast<int>(parts)};
}

vp8::Decoded IvfInput::decode(const vp8::State& before, const host::IvfFrame& frame) const {
  try {
    return vp8::decode(before, frame.bytes);
  } catch (const vp8::BitstreamError& error) {
    const bool lacks_state = !before.ready() && !host::is_key_frame(frame.bytes);
    fail(error.what(),
         lacks_state ? "give the state before this frame with --state-in" : kCopyAgain);
  } catch (const vp8::Unsupported& error) {
    fail(error.what(), kCopyAgain);
  }
}

void IvfInput::fail(const std::string& what, const std::string& mend) const {
  throw host::InputError(name_, fmt::format("frame {} at byte {}", number_, offset_bytes()), what,
                         mend);
}

std::unique_ptr<host::PictureSource> open_pictures(const std::string& path) {
  if (is_ivf_of_vp8(path)) {
    return std::make_unique<IvfPictures>(path);
  }
  return host::open_source(path);
}

}  // namespace tools
