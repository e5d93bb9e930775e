// For programs that link the stand-in CUDA runtime and know it: settings, and what it saw.
//
// The stand-in takes libcudart's place at link time: an object that nvcc made runs with it, its
// kernels as PTX on the CPU, without being changed or compiled anew. Programs that know nothing of
// it are steered by environment variables; see settings_from_environment().
//
// A process with findings, such as a kernel's fault, ends with status 70 where it meant to end with
// 0, so that no program hides one by ignoring an error.
#pragma once

#include "tests/cudart/report.hh"
#include "tests/cudart/settings.hh"

namespace cudart_standin {

/// Starts over as a fresh process would, with these settings: streams, events and memory of before
/// are gone, and so are findings and counts. No other thread may use the runtime meanwhile. Throws
/// std::invalid_argument where the device is unknown.
void reset(const Settings& settings = {});

/// Up to now. Work that was submitted and has not run counts as abandoned.
Report report();

/// Kernels, copies and fills that wait for something to have them done, and records and waits.
std::size_t pending();

}  // namespace cudart_standin
