// A walk over the packets of a video.
#include "host/media_times.hh"

#include <algorithm>

#include "host/error.hh"
#include "host/ivf.hh"
#include "host/media_decoder.hh"

namespace host {
namespace {

// Hidden frames have packets of their own, and so have pictures that an edit list hides.
bool is_shown(const AVPacket& packet, const AVStream& stream) {
  if ((packet.flags & AV_PKT_FLAG_DISCARD) != 0)
    return false;
  return stream.codecpar->codec_id != AV_CODEC_ID_VP8 ||
         !is_hidden_frame({packet.data, static_cast<std::size_t>(packet.size)});
}

}  // namespace

// A unit that is too coarse makes steps that differ by one.
bool ListedTimes::vary() const {
  std::int64_t least = times[1] - times[0];
  std::int64_t most = least;
  for (std::size_t i = 2; i < times.size(); ++i) {
    least = std::min(least, times[i] - times[i - 1]);
    most = std::max(most, times[i] - times[i - 1]);
  }
  return most - least > 1;
}

AVRational ListedTimes::mean_rate() const {
  constexpr std::int64_t max_term = 1'000'000;
  const std::int64_t steps = static_cast<std::int64_t>(times.size()) - 1;
  AVRational rate{};
  av_reduce(&rate.num, &rate.den, steps * unit.den, (times.back() - times.front()) * unit.num,
            max_term);
  return rate;
}

std::optional<ListedTimes> list_times(const std::string& path, const std::string& name) {
  Messages messages;
  const Owned<AVFormatContext> container = open_container(path, name, messages);
  const AVStream* const stream = best_video_stream(container.get(), name);
  const Owned<AVPacket> packet(allocated(av_packet_alloc()));
  ListedTimes listed{.times = {}, .unit = stream->time_base};
  int error = 0;
  while ((error = av_read_frame(container.get(), packet.get())) >= 0) {
    if (packet->stream_index == stream->index && is_shown(*packet, *stream)) {
      if (packet->pts == AV_NOPTS_VALUE)
        return {};
      listed.times.push_back(packet->pts);
    }
    av_packet_unref(packet.get());
  }
  std::sort(listed.times.begin(), listed.times.end());
  const auto end = std::unique(listed.times.begin(), listed.times.end());
  listed.times.erase(end, listed.times.end());
  if (error != AVERROR_EOF || messages.from_demuxer || listed.times.size() < 2)
    return {};
  return listed;
}

}  // namespace host
