// A stream, frame by frame.
#include "tools/stream_summary.hh"

#include <memory>
#include <utility>

#include <fmt/core.h>

#include "host/error.hh"
#include "host/picture_source.hh"
#include "tools/ivf_input.hh"

namespace tools {
namespace {

FrameSummary summarise(const vp8::Decoded& decoded, std::uint64_t bytes, std::int64_t picture) {
  FrameSummary out;
  out.picture = picture;
  out.shown = decoded.shown;
  out.bytes = bytes;
  if (!decoded.frame)
    return out;
  out.type = decoded.frame->header.key_frame ? FrameType::kKey : FrameType::kInter;
  out.q_index = decoded.frame->header.quant.y_ac_qi;
  for (const vp8::MbModes& mb : decoded.frame->modes) {
    ++out.modes[mb.y_mode];
    ++out.references[mb.ref_frame];
  }
  return out;
}

// The next picture of the source, which must be there and of that size.
vp8::Picture next_of(host::PictureSource& source,
                     const std::string& path,
                     const vp8::Picture& coded,
                     const StreamSummary& stream) {
  std::optional<vp8::Picture> picture = source.next();
  const std::string where = fmt::format("picture {}", stream.pictures);
  if (!picture) {
    throw host::InputError(
        path, where, fmt::format("the video ends here, but {} goes on", stream.name),
        fmt::format("give the video that was encoded, or --limit {}", stream.pictures));
  }
  if (picture->width() != coded.width() || picture->height() != coded.height()) {
    throw host::InputError(
        path, where,
        fmt::format("the size is {}x{}, but {} has {}x{}", picture->width(), picture->height(),
                    stream.name, coded.width(), coded.height()),
        "give the video that was encoded");
  }
  return std::move(*picture);
}

}  // namespace

host::PictureQuality StreamSummary::mean_quality() const {
  host::QualitySum sum;
  for (const host::PictureQuality& q : quality)
    sum.add(q);
  return sum.mean();
}

StreamSummary summarise_stream(const std::string& path,
                               const std::string& source,
                               std::int64_t limit) {
  IvfInput input(path);
  const std::unique_ptr<host::PictureSource> pictures =
      source.empty() ? nullptr : open_pictures(source);
  StreamSummary out;
  out.name = input.name();
  vp8::State state;
  while (out.pictures != limit) {
    const std::optional<host::IvfFrame> frame = input.next();
    if (!frame)
      break;
    vp8::Decoded decoded = input.decode(state, *frame);
    out.frames.push_back(summarise(decoded, frame->bytes.size(), out.pictures));
    state = std::move(decoded.next);
    if (!decoded.shown)
      continue;
    const vp8::Picture& coded = *decoded.reconstruction;
    out.width = coded.width();
    out.height = coded.height();
    if (pictures)
      out.quality.push_back(host::measure(next_of(*pictures, source, coded, out), coded));
    ++out.pictures;
  }
  return out;
}

}  // namespace tools
