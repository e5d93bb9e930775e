// The text, where a signal handler can reach it.
#include "tools/farewell.hh"

#include <atomic>
#include <cstring>

#include <unistd.h>

namespace tools {
namespace {

// A signal handler can reach nothing but a global.
std::atomic<const char*> farewell;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)
static_assert(std::atomic<const char*>::is_always_lock_free);

}  // namespace

void set_farewell(const char* text) noexcept {
  farewell = text;
}

void say_farewell() noexcept {
  const char* const text = farewell;
  if (text != nullptr && ::write(STDERR_FILENO, text, std::strlen(text)) < 0)
    return;  // nobody listens
}

}  // namespace tools
