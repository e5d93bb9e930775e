// Clocks: ours, and a server's.
#include "cloud/server_clock.hh"

#include <chrono>
#include <ctime>

namespace cloud {

std::int64_t seconds_now() {
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::seconds>(since_1970).count();
}

std::optional<std::int64_t> clock_offset(const HttpResponse& response) {
  std::tm parts{};
  if (strptime(response.header("date").c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts) == nullptr)
    return {};
  return timegm(&parts) - seconds_now();
}

}  // namespace cloud
