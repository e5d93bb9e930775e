// A second demuxer, of which only sound and subtitles are read.
#include "host/media_tracks.hh"

#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "host/error.hh"
#include "host/libav_media.hh"
#include "host/media_decoder.hh"

namespace host {
namespace {

constexpr AVRational kMilliseconds = {1, 1000};
constexpr AVRational kMicroseconds = {1, 1'000'000};

class CopiedTrack final : public Track {
 public:
  explicit CopiedTrack(const AVStream& stream) : from_(stream) {}

  void describe(AVStream& stream) const override {
    if (avcodec_parameters_copy(stream.codecpar, from_.codecpar) < 0)
      throw std::bad_alloc();
    stream.codecpar->codec_tag = 0;  // the muxer knows its own
  }

  void put(const AVPacket* packet, const Sink& sink) override {
    if (packet == nullptr || packet->pts == AV_NOPTS_VALUE)
      return;
    Owned<AVPacket> copy(allocated(av_packet_clone(packet)));
    av_packet_rescale_ts(copy.get(), from_.time_base, kMilliseconds);
    copy->dts = copy->pts;
    sink(std::move(copy));
  }

  std::int64_t padding_ms() const override {
    const AVCodecParameters& codec = *from_.codecpar;
    return codec.sample_rate > 0
               ? av_rescale(codec.initial_padding, kMilliseconds.den, codec.sample_rate)
               : 0;
  }

 private:
  const AVStream& from_;
};

// What WebM takes; all else is encoded again.
bool is_copied_audio(AVCodecID codec) {
  return codec == AV_CODEC_ID_VORBIS || codec == AV_CODEC_ID_OPUS;
}

bool is_kept_subtitle(AVCodecID codec, Container container) {
  if (container == Container::kWebm)
    return codec == AV_CODEC_ID_WEBVTT;
  return codec == AV_CODEC_ID_WEBVTT || codec == AV_CODEC_ID_SUBRIP || codec == AV_CODEC_ID_ASS ||
         codec == AV_CODEC_ID_DVD_SUBTITLE || codec == AV_CODEC_ID_HDMV_PGS_SUBTITLE ||
         codec == AV_CODEC_ID_DVB_SUBTITLE;
}

void copy_language(const AVStream& from, AVStream& to) {
  for (const char* key : {"language", "title"}) {
    if (const AVDictionaryEntry* entry = av_dict_get(from.metadata, key, nullptr, 0))
      av_dict_set(&to.metadata, key, entry->value, 0);
  }
  to.disposition = from.disposition;
}

}  // namespace

std::unique_ptr<Track> copied_track(const AVStream& stream) {
  return std::make_unique<CopiedTrack>(stream);
}

bool libav::has_sound(const std::string& path, const std::string& name) {
  silence_libav();
  Messages messages;
  const Owned<AVFormatContext> container = open_container(path, name, messages);
  return av_find_best_stream(container.get(), AVMEDIA_TYPE_AUDIO, -1, -1, nullptr, 0) >= 0;
}

std::unique_ptr<SideTracks> libav::open_tracks(const std::string& path,
                                               const std::string& name,
                                               const TrackOptions& options) {
  return std::make_unique<MediaTracks>(path, name, options);
}

MediaTracks::MediaTracks(const std::string& path,
                         const std::string& name,
                         const TrackOptions& options)
    : name_(name),
      options_(options),
      container_((silence_libav(), open_container(path, name, *messages_))),
      packet_(allocated(av_packet_alloc())) {
  choose_tracks();
}

void MediaTracks::choose_tracks() {
  for (unsigned i = 0; i < container_->nb_streams; ++i) {
    AVStream* const stream = container_->streams[i];
    stream->discard = AVDISCARD_ALL;
    if (stream->codecpar->codec_type == AVMEDIA_TYPE_AUDIO && options_.audio)
      add_audio(stream);
    if (stream->codecpar->codec_type == AVMEDIA_TYPE_SUBTITLE)
      add_subtitles(stream);
  }
}

// Once for all tracks that it holds of.
void MediaTracks::note(const std::string& notice) {
  if (std::find(notices_.begin(), notices_.end(), notice) == notices_.end())
    notices_.push_back(notice);
}

void MediaTracks::add_audio(AVStream* stream) {
  const AVCodecID codec = stream->codecpar->codec_id;
  std::unique_ptr<Track> track =
      is_copied_audio(codec) ? copied_track(*stream) : opus_track(*stream, name_, options_);
  if (!is_copied_audio(codec)) {
    note(fmt::format("The sound was converted from {} to Opus (--no-audio: left out).",
                     avcodec_get_name(codec)));
  }
  stream->discard = AVDISCARD_DEFAULT;
  tracks_.push_back({.track = std::move(track), .from = stream->index});
}

void MediaTracks::add_subtitles(AVStream* stream) {
  const AVCodecID codec = stream->codecpar->codec_id;
  if (!is_kept_subtitle(codec, options_.container)) {
    note(fmt::format(
        "Subtitles in {} were left out: {} cannot hold them.", avcodec_get_name(codec),
        options_.container == Container::kWebm ? "WebM, which takes WebVTT only," : "Matroska"));
    return;
  }
  stream->discard = AVDISCARD_DEFAULT;
  tracks_.push_back({.track = copied_track(*stream), .from = stream->index});
}

void MediaTracks::describe(AVFormatContext& muxer) {
  for (Entry& entry : tracks_) {
    AVStream* const stream = allocated(avformat_new_stream(&muxer, nullptr));
    stream->time_base = kMilliseconds;
    entry.track->describe(*stream);
    copy_language(*container_->streams[entry.from], *stream);
    entry.to = stream->index;
  }
  add_chapters(muxer);
}

// Those between the first picture and the end. The muxer frees them.
void MediaTracks::add_chapters(AVFormatContext& muxer) const {
  const std::int64_t end = options_.end_us.value_or(std::numeric_limits<std::int64_t>::max());
  const auto copy = [&](const AVChapter& from) {
    const auto time = [&](std::int64_t t) {
      const std::int64_t us = av_rescale_q(t, from.time_base, kMicroseconds);
      return (std::clamp(us, options_.origin_us, end) - options_.origin_us) / 1000;
    };
    if (time(from.start) >= time(from.end))
      return;
    auto* const chapter = static_cast<AVChapter*>(allocated(av_mallocz(sizeof(AVChapter))));
    *chapter = {.id = from.id,
                .time_base = kMilliseconds,
                .start = time(from.start),
                .end = time(from.end),
                .metadata = nullptr};
    av_dict_copy(&chapter->metadata, from.metadata, 0);
    muxer.chapters[muxer.nb_chapters++] = chapter;
  };
  if (container_->nb_chapters == 0)
    return;
  muxer.chapters =
      static_cast<AVChapter**>(allocated(av_calloc(container_->nb_chapters, sizeof(AVChapter*))));
  for (unsigned i = 0; i < container_->nb_chapters; ++i)
    copy(*container_->chapters[i]);
}

// Shifts packets to the output's clock, and drops those outside of it.
Track::Sink MediaTracks::sink_of(const Entry& entry) {
  return [this, &entry](Owned<AVPacket> packet) {
    const std::int64_t origin_ms = options_.origin_us / 1000;
    const bool late = options_.end_us && packet->pts >= *options_.end_us / 1000;
    packet->pts = packet->dts = packet->pts - origin_ms + entry.track->padding_ms();
    packet->stream_index = entry.to;
    if (!late && packet->pts >= 0)
      waiting_.push_back(std::move(packet));
  };
}

void MediaTracks::end_tracks() {
  ended_ = true;
  for (const Entry& entry : tracks_)
    entry.track->put(nullptr, sink_of(entry));
}

void MediaTracks::read_packet() {
  av_packet_unref(packet_.get());
  const int error = av_read_frame(container_.get(), packet_.get());
  if (error == AVERROR_EOF && !messages_->from_demuxer)
    return end_tracks();
  if (error < 0) {
    throw InputError(name_, fmt::format("sound at {:.3f} s", static_cast<double>(read_ms_) / 1000),
                     "the file is cut off or damaged here: " + error_text(error, *messages_),
                     kMendDamage);
  }
  const auto entry = std::find_if(tracks_.begin(), tracks_.end(),
                                  [&](const Entry& e) { return e.from == packet_->stream_index; });
  if (entry == tracks_.end())
    return;
  if (packet_->pts != AV_NOPTS_VALUE) {
    const AVRational unit = container_->streams[entry->from]->time_base;
    read_ms_ = std::max(read_ms_, av_rescale_q(packet_->pts, unit, kMilliseconds));
  }
  entry->track->put(packet_.get(), sink_of(*entry));
}

void MediaTracks::give(std::int64_t until_ms, const std::function<void(AVPacket&)>& write) {
  std::stable_sort(waiting_.begin(), waiting_.end(),
                   [](const auto& a, const auto& b) { return a->pts < b->pts; });
  const auto end = std::find_if(waiting_.begin(), waiting_.end(),
                                [&](const auto& packet) { return packet->pts > until_ms; });
  std::for_each(waiting_.begin(), end, [&](const auto& packet) { write(*packet); });
  waiting_.erase(waiting_.begin(), end);
}

void MediaTracks::write_until(std::int64_t time_ms, const std::function<void(AVPacket&)>& write) {
  if (tracks_.empty())
    return;
  while (!ended_ && read_ms_ - options_.origin_us / 1000 <= time_ms)
    read_packet();
  give(time_ms, write);
}

void MediaTracks::finish(std::int64_t end_ms, const std::function<void(AVPacket&)>& write) {
  write_until(end_ms, write);
  if (!ended_)
    end_tracks();  // what the encoders still hold
  give(end_ms, write);
  waiting_.clear();
}

std::uint64_t MediaTracks::count_bytes(std::int64_t end_ms, std::uint64_t packet_bytes) {
  std::uint64_t bytes = 0;
  finish(end_ms, [&](const AVPacket& packet) {
    bytes += static_cast<std::uint64_t>(packet.size) + packet_bytes;
  });
  return bytes;
}

}  // namespace host
