// What `fastslow profile` prints.
#pragma once

#include <map>
#include <string>

#include "host/pipeline.hh"
#include "tools/span_sums.hh"

namespace tools {

/// What an encode took.
struct Profile {
  std::string device;
  int threads = 0;
  double seconds = 0;      ///< wall time
  double cpu_seconds = 0;  ///< of all threads, also of what is in no phase
  host::EncodeSummary summary;
  std::map<SpanSums::Work, WorkSum> work;
  std::map<int, double> thread_cpu;    ///< processor seconds of each thread
  std::map<int, double> thread_spans;  ///< seconds within spans of each thread
};

/// Part of the time of `threads` processors that was used, 0..1 but for the clocks' grain.
double parallel_efficiency(const Profile& profile);

/// A line on the whole, then tables of phases, of work and of threads.
std::string profile_text(const Profile& profile);

}  // namespace tools
