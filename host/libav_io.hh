// FFmpeg's byte streams over our own.
#pragma once

#include "host/libav.hh"

namespace host {

/// A stream whose bytes come or go through callbacks of `self`; without `seek` it cannot be
/// rewound. Exactly one of `read` and `write` must be given. Callbacks must not throw.
Owned<AVIOContext> make_io(void* self,
                           int (*read)(void*, std::uint8_t*, int),
                           int (*write)(void*, std::uint8_t*, int),
                           std::int64_t (*seek)(void*, std::int64_t, int));

}  // namespace host
