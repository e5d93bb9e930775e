// What the wrappers of FFmpeg's libraries share: ownership, and their messages kept from the
// screen.
#pragma once

#include <memory>
#include <new>
#include <string>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libswscale/swscale.h>
}

namespace host {

struct LibavDeleter {
  void operator()(AVFormatContext* p) const { avformat_close_input(&p); }
  void operator()(AVIOContext* p) const {
    av_freep(&p->buffer);
    avio_context_free(&p);
  }
  void operator()(AVCodecContext* p) const { avcodec_free_context(&p); }
  void operator()(AVPacket* p) const { av_packet_free(&p); }
  void operator()(AVFrame* p) const { av_frame_free(&p); }
  void operator()(SwsContext* p) const { sws_freeContext(p); }
};
template <class T>
using Owned = std::unique_ptr<T, LibavDeleter>;

/// What the libraries log about one file, found through the `opaque` member of its contexts.
struct Messages {
  std::string last_error;
  bool from_demuxer = false;  // the demuxer logged an error, after which it may report a good end
};

/// Makes the libraries print nothing and keep their errors in `Messages` instead, for good.
void silence_libav();

/// What the libraries call this error, with the last message.
std::string error_text(int error, const Messages& messages);

/// The pointer itself; throws std::bad_alloc if it is null.
template <class T>
T* allocated(T* pointer) {
  return pointer != nullptr ? pointer : throw std::bad_alloc();
}

}  // namespace host
