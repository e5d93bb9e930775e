// Reads /proc/self/task; see proc(5), schedstat.
#include "tools/thread_times.hh"

#include <charconv>
#include <cstdint>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace tools {

std::map<int, double> thread_cpu_times() {
  std::map<int, double> times;
  std::error_code error;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task", error)) {
    const std::string name = task.path().filename().string();
    std::ifstream file(task.path() / "schedstat");
    std::uint64_t nanoseconds = 0;
    int number = 0;
    const auto read = std::from_chars(name.data(), name.data() + name.size(), number);
    if (read.ec == std::errc() && file >> nanoseconds)
      times[number] = static_cast<double>(nanoseconds) * 1e-9;
  }
  return times;
}

double process_cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

}  // namespace tools
