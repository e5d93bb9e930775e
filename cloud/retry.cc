// Pauses between attempts.
#include "cloud/retry.hh"

#include <algorithm>
#include <random>
#include <thread>

namespace cloud {
namespace {

// Different in every process and thread; reaches no bit of output.
std::mt19937& generator() {
  thread_local std::mt19937 random(std::random_device{}());
  return random;
}

}  // namespace

bool Retry::pause() {
  if (attempt_ >= policy_.attempts)
    return false;
  const std::int64_t doubled = policy_.first_pause.count() << std::min(attempt_ - 1, 20);
  const std::int64_t most = std::min<std::int64_t>(doubled, policy_.longest_pause.count());
  std::uniform_int_distribution<std::int64_t> pauses(0, most);
  std::this_thread::sleep_for(std::chrono::milliseconds(pauses(generator())));
  ++attempt_;
  return true;
}

}  // namespace cloud
