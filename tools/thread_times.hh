// Processor time of this program's threads, as Linux accounts it.
#pragma once

#include <map>
#include <string>

namespace tools {

/// Seconds that each thread that is alive has used, by its number in the system. Empty where /proc
/// does not tell.
std::map<int, double> thread_cpu_times();

/// Seconds that all threads have used, those that have ended too.
double process_cpu_seconds();

}  // namespace tools
