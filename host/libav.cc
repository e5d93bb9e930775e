// The log callback of FFmpeg's libraries, and texts of their errors.
#include "host/libav.hh"

#include <array>
#include <cstdarg>
#include <cstdio>
#include <mutex>
#include <string_view>

#include <fmt/format.h>

namespace host {
namespace {

Messages* messages_of(void* context) {
  const AVClass* const av_class = context ? *static_cast<const AVClass**>(context) : nullptr;
  if (av_class != nullptr && av_class == avformat_get_class()) {
    return static_cast<Messages*>(static_cast<AVFormatContext*>(context)->opaque);
  }
  if (av_class != nullptr && av_class == avcodec_get_class()) {
    return static_cast<Messages*>(static_cast<AVCodecContext*>(context)->opaque);
  }
  return nullptr;
}

// The libraries' log callback: keeps the last error for our own message and prints nothing.
void keep_message(void* context, int level, const char* format, std::va_list arguments) {
  Messages* const messages = (level & 0xff) <= AV_LOG_ERROR ? messages_of(context) : nullptr;
  if (messages == nullptr) {
    return;
  }
  std::array<char, 256> text{};
  std::vsnprintf(text.data(), text.size(), format, arguments);
  std::string_view line(text.data());
  while (line.ends_with('\n')) {
    line.remove_suffix(1);
  }
  messages->last_error = line;
  messages->from_demuxer |= *static_cast<const AVClass**>(context) == avformat_get_class();
}

}  // namespace

void silence_libav() {
  static std::once_flag once;
  std::call_once(once, [] { av_log_set_callback(keep_message); });
}

std::string error_text(int error, const Messages& messages) {
  std::array<char, AV_ERROR_MAX_STRING_SIZE> text{};
  av_strerror(error, text.data(), text.size());
  return messages.last_error.empty() ? std::string(text.data())
                                     : fmt::format("{} ({})", text.data(), messages.last_error);
}

}  // namespace host
