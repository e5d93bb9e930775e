// Waiting for states by polling the object store.
#include "cloud/store_exchange.hh"

#include <algorithm>
#include <thread>

namespace cloud {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirstPause{20};
constexpr milliseconds kLongestPause{1000};

}  // namespace

bool StoreExchange::publish(const std::string& /*key*/, ByteSpan /*bytes*/) {
  return true;
}

std::optional<Bytes> StoreExchange::wait(const std::string& key, milliseconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  milliseconds pause = kFirstPause;
  while (true) {
    if (std::optional<Bytes> bytes = store_.get(key))
      return bytes;
    const auto left = std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0)
      return {};
    std::this_thread::sleep_for(std::min(pause, left));
    pause = std::min(2 * pause, kLongestPause);
  }
}

}  // namespace cloud
