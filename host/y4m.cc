// Reader and writer of Y4M.
#include "host/y4m.hh"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "host/error.hh"

namespace host {
namespace {

constexpr std::size_t kMaxLineBytes = 1024;
constexpr const char* kCopyAgain = "copy or make the file again";
constexpr std::array kPlanes = {vp8::kPlaneY, vp8::kPlaneU, vp8::kPlaneV};

// What went wrong in a header line; the caller knows where.
class LineError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Reads up to a newline and drops it; nothing at the end of the stream.
std::optional<std::string> read_line(ByteSource& bytes) {
  std::string line;
  std::uint8_t byte = 0;
  while (bytes.read({&byte, 1}) == 1) {
    if (byte == '\n') {
      return line;
    }
    if (line.size() == kMaxLineBytes) {
      throw LineError(fmt::format("a header line is longer than {} bytes", kMaxLineBytes));
    }
    line.push_back(static_cast<char>(byte));
  }
  if (line.empty()) {
    return std::nullopt;
  }
  throw LineError("the stream ends inside a header line");
}

int parse_int(std::string_view text, char tag) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) {
    throw LineError(fmt::format("the header's {} is not a number that makes sense", tag));
  }
  return value;
}

int parse_dimension(std::string_view text, char tag) {
  const int value = parse_int(text, tag);
  if (value < 1 || value > vp8::kMaxDimension) {
    throw LineError(fmt::format("the header's {} is {}, but a VP8 picture has 1 to {} samples", tag,
                                value, vp8::kMaxDimension));
  }
  return value;
}

// Nothing where the stream says that it does not know: a zero.
std::optional<Rational> parse_ratio(std::string_view text, char tag) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) {
    throw LineError(fmt::format("the header's {} is not a ratio like 30:1", tag));
  }
  const Rational ratio{parse_int(text.substr(0, colon), tag),
                       parse_int(text.substr(colon + 1), tag)};
  return ratio.num > 0 && ratio.den > 0 ? std::optional(ratio) : std::nullopt;
}

void parse_comment(std::string_view text, Y4mHeader& header) {
  if (text == "COLORRANGE=FULL") {
    header.info.full_range = true;
    header.info.notices.emplace_back("The full-range samples were brought into limited range.");
  }
}

void parse_tag(std::string_view tag, Y4mHeader& header, std::optional<Rational>& frame_rate) {
  const std::string_view text = tag.substr(1);
  switch (tag.front()) {
    case 'W':
      header.info.width = parse_dimension(text, 'W');
      break;
    case 'H':
      header.info.height = parse_dimension(text, 'H');
      break;
    case 'F':
      frame_rate = parse_ratio(text, 'F');
      break;
    case 'A':
      header.info.sample_aspect = parse_ratio(text, 'A').value_or(Rational{});
      break;
    case 'C':
      header.colour = text;
      break;
    case 'X':
      parse_comment(text, header);
      break;
    default:  // interlacing and what others invent
      break;
  }
}

Y4mHeader parse_header(const std::optional<std::string>& line) {
  if (!line || !line->starts_with(kY4mMagic) ||
      (line->size() > kY4mMagic.size() && (*line)[kY4mMagic.size()] != ' ')) {
    throw LineError(fmt::format("the stream does not begin with {}", kY4mMagic));
  }
  Y4mHeader header;
  std::optional<Rational> frame_rate;
  std::string_view rest = std::string_view(*line).substr(kY4mMagic.size());
  while (!rest.empty()) {
    const std::string_view tag = rest.substr(0, rest.find(' '));
    if (!tag.empty()) {
      parse_tag(tag, header, frame_rate);
    }
    rest.remove_prefix(std::min(rest.size(), tag.size() + 1));
  }
  if (header.info.width == 0 || header.info.height == 0) {
    throw LineError("the header names no width (W) or no height (H)");
  }
  if (!frame_rate) {
    header.info.notices.emplace_back("The input names no frame rate; 25 pictures/s were assumed.");
  }
  header.info.frame_rate = frame_rate.value_or(Rational{25, 1});
  constexpr std::array<std::string_view, 5> plain = {"", "420", "420jpeg", "420mpeg2", "420paldv"};
  header.is_plain = std::find(plain.begin(), plain.end(), header.colour) != plain.end();
  return header;
}

std::uint64_t picture_size_bytes(const StreamInfo& info) {
  const auto width = static_cast<std::uint64_t>(info.width);
  const auto height = static_cast<std::uint64_t>(info.height);
  return width * height + 2 * ((width + 1) / 2) * ((height + 1) / 2);
}

// The number of pictures, if frame lines have no parameters; -1 where unknown.
std::int64_t count_pictures(const ByteSource& bytes, std::uint64_t picture_bytes) {
  constexpr std::uint64_t frame_line_bytes = 6;
  const std::optional<std::uint64_t> remaining = bytes.remaining();
  if (!remaining || *remaining % (picture_bytes + frame_line_bytes) != 0) {
    return -1;
  }
  return static_cast<std::int64_t>(*remaining / (picture_bytes + frame_line_bytes));
}

using SampleMap = std::array<std::uint8_t, 256>;

// Luma 0-255 to 16-235, chroma 0-255 to 16-240 around 128; rounded to the nearest.
constexpr SampleMap limited_range_map(bool luma) {
  SampleMap map{};
  for (int i = 0; i < 256; ++i) {
    const int limited =
        luma ? 16 + (i * 219 + 127) / 255 : 128 + ((i - 128) * 224 + 128 * 255 + 127) / 255 - 128;
    map[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(limited);
  }
  return map;
}

void limit_range(vp8::Picture& picture) {
  static constexpr SampleMap luma = limited_range_map(true);
  static constexpr SampleMap chroma = limited_range_map(false);
  for (const vp8::Plane plane : kPlanes) {
    const SampleMap& map = plane == vp8::kPlaneY ? luma : chroma;
    const vp8::PlaneView view = picture.shown(plane);
    for (int y = 0; y < view.height; ++y) {
      std::transform(view.row(y), view.row(y) + view.width, view.row(y),
                     [&](std::uint8_t sample) { return map[sample]; });
    }
  }
}

}  // namespace

Y4mHeader read_y4m_header(ByteSource& bytes, const std::string& name) {
  const std::uint64_t offset = bytes.offset();
  try {
    return parse_header(read_line(bytes));
  } catch (const LineError& error) {
    throw InputError(name, fmt::format("byte {}", offset), error.what(),
                     "give a Y4M stream, as `ffmpeg -i IN -pix_fmt yuv420p -f yuv4mpegpipe -` "
                     "writes it");
  }
}

Y4mReader::Y4mReader(std::unique_ptr<ByteSource> bytes, std::string name)
    : bytes_(std::move(bytes)), name_(std::move(name)) {
  Y4mHeader header = read_y4m_header(*bytes_, name_);
  if (!header.is_plain) {
    throw InputError(name_, "byte 0",
                     fmt::format("the sample format C{} is not 8-bit 4:2:0", header.colour),
                     "convert it with `ffmpeg -i IN -pix_fmt yuv420p -f yuv4mpegpipe -`, or name "
                     "the file instead of a pipe");
  }
  info_ = std::move(header.info);
  picture_bytes_ = picture_size_bytes(info_);
  info_.picture_count = count_pictures(*bytes_, picture_bytes_);
}

void Y4mReader::throw_at_picture(const std::string& what, const std::string& mend) const {
  throw InputError(name_, fmt::format("picture {} at byte {}", pictures_read_, bytes_->offset()),
                   what, mend);
}

bool Y4mReader::read_frame_line() {
  try {
    const std::optional<std::string> line = read_line(*bytes_);
    if (line && *line != "FRAME" && !line->starts_with("FRAME ")) {
      throw LineError("there should be a line that begins with FRAME");
    }
    return line.has_value();
  } catch (const LineError& error) {
    throw_at_picture(error.what(), kCopyAgain);
  }
}

void Y4mReader::read_planes(vp8::Picture& picture) {
  for (const vp8::Plane plane : kPlanes) {
    const vp8::PlaneView view = picture.shown(plane);
    const auto row_bytes = static_cast<std::size_t>(view.width);
    for (int y = 0; y < view.height; ++y) {
      if (bytes_->read({view.row(y), row_bytes}) < row_bytes) {
        throw_at_picture("the stream ends inside the picture", kCopyAgain);
      }
    }
  }
}

std::optional<vp8::Picture> Y4mReader::next() {
  if (!read_frame_line()) {
    if (pictures_read_ == 0) {
      throw_at_picture("the stream has no pictures", "give a video of at least one picture");
    }
    return std::nullopt;
  }
  // Before anything is allocated for it.
  if (bytes_->remaining().value_or(picture_bytes_) < picture_bytes_) {
    throw_at_picture(fmt::format("the stream ends inside the picture ({} of {} bytes)",
                                 *bytes_->remaining(), picture_bytes_),
                     kCopyAgain);
  }
  vp8::Picture picture(info_.width, info_.height);
  read_planes(picture);
  if (info_.full_range) {
    limit_range(picture);
  }
  picture.pad_to_macroblocks();
  picture.extend_borders();
  ++pictures_read_;
  return picture;
}

Y4mWriter::Y4mWriter(OutputFile& file, const StreamInfo& info)
    : file_(&file), width_(info.width), height_(info.height) {
  const std::string line = fmt::format("{} W{} H{} F{}:{} Ip A{}:{} C420jpeg\n", kY4mMagic, width_,
                                       height_, info.frame_rate.num, info.frame_rate.den,
                                       info.sample_aspect.num, info.sample_aspect.den);
  file_->write(std::vector<std::uint8_t>(line.begin(), line.end()));
}

void Y4mWriter::write(const vp8::Picture& picture) {
  if (picture.width() != width_ || picture.height() != height_) {
    throw InputError(file_->path(), fmt::format("picture {}", pictures_written_),
                     fmt::format("the size changes from {}x{} to {}x{}, which Y4M cannot hold",
                                 width_, height_, picture.width(), picture.height()),
                     "cut the video where its size changes");
  }
  constexpr std::string_view frame_line = "FRAME\n";
  std::vector<std::uint8_t> bytes(frame_line.begin(), frame_line.end());
  for (const vp8::Plane plane : kPlanes) {
    const vp8::ConstPlaneView view = picture.shown(plane);
    for (int y = 0; y < view.height; ++y) {
      bytes.insert(bytes.end(), view.row(y), view.row(y) + view.width);
    }
  }
  file_->write(bytes);
  ++pictures_written_;
}

}  // namespace host
