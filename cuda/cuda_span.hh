// Spans of the CUDA device's work: to the trace, and as NVTX ranges to NVIDIA's tools.
#pragma once

#include <nvtx3/nvToolsExt.h>

#include "cuda/cuda_memory.hh"
#include "cuda/span.hh"

namespace gpu::cuda {

/// What the calling thread does between construction and destruction.
class HostSpan {
 public:
  HostSpan(SpanSink* sink, const char* name, const SpanLabels& labels)
      : span_(sink, name, "device", labels) {
    nvtxRangePushA(name);
  }
  HostSpan(const HostSpan&) = delete;
  HostSpan& operator=(const HostSpan&) = delete;
  ~HostSpan() { nvtxRangePop(); }

 private:
  ScopedSpan span_;
};

/// What a stream does between two points, timed by the GPU.
class StreamSpan {
 public:
  void begin(const Stream& stream) const { begin_.record(stream.get()); }
  void end(const Stream& stream) const { end_.record(stream.get()); }

  /// Reports it, the stream having just passed its end.
  void report(SpanSink* sink, const char* name, int track, const SpanLabels& labels) const {
    if (sink == nullptr)
      return;
    float milliseconds = 0;
    check(cudaEventElapsedTime(&milliseconds, begin_.get(), end_.get()), "timing");
    const auto end = std::chrono::steady_clock::now();
    const auto took = std::chrono::duration_cast<std::chrono::steady_clock::duration>(
        std::chrono::duration<float, std::milli>(milliseconds));
    sink->span({name, "device", end - took, end, track, labels});
  }

 private:
  Event begin_{cudaEventBlockingSync};
  Event end_{cudaEventBlockingSync};
};

}  // namespace gpu::cuda
