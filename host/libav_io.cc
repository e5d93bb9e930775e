// AVIOContexts with a buffer of their own.
#include "host/libav_io.hh"

namespace host {

Owned<AVIOContext> make_io(void* self,
                           int (*read)(void*, std::uint8_t*, int),
                           int (*write)(void*, std::uint8_t*, int),
                           std::int64_t (*seek)(void*, std::int64_t, int)) {
  constexpr int buffer_bytes = 1 << 16;
  void* const buffer = allocated(av_malloc(buffer_bytes));
  AVIOContext* const io = avio_alloc_context(static_cast<std::uint8_t*>(buffer), buffer_bytes,
                                             write != nullptr ? 1 : 0, self, read, write, seek);
  if (io == nullptr)
    av_free(buffer);
  return Owned<AVIOContext>(allocated(io));
}

}  // namespace host
