// The runtime's calls about streams and events.
#include <algorithm>

#include <cuda_runtime_api.h>

#include "tests/cudart/runtime.hh"

using cudart_standin::call;
using cudart_standin::Event;
using cudart_standin::Failure;
using cudart_standin::Stream;
using cudart_standin::thread_state;
using cudart_standin::World;

namespace {

Stream& stream_of(World& world, cudaStream_t handle) {
  return world.scheduler.stream(handle, thread_state().device);
}

constexpr double kNsPerMs = 1e6;

}  // namespace

extern "C" {

cudaError_t cudaStreamCreate(cudaStream_t* stream) {
  return cudaStreamCreateWithPriority(stream, cudaStreamDefault, 0);
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned flags) {
  return cudaStreamCreateWithPriority(stream, flags, 0);
}

cudaError_t cudaStreamCreateWithPriority(cudaStream_t* stream, unsigned flags, int priority) {
  return call([=](World& world) {
    if (flags > cudaStreamNonBlocking) {
      throw Failure(cudaErrorInvalidValue);
    }
    *stream =
        world.scheduler.create_stream(thread_state().device, flags, std::clamp(priority, -5, 0));
  });
}

cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  return call([=](World& world) { world.scheduler.destroy_stream(stream); });
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  return call([=](World& world) {
    world.count_synchronisation();
    world.scheduler.wait_for_stream(stream_of(world, stream));
  });
}

cudaError_t cudaStreamQuery(cudaStream_t stream) {
  return call([=](World& world) {
    if (!world.scheduler.poll_stream(stream_of(world, stream))) {
      throw Failure(cudaErrorNotReady);
    }
  });
}

cudaError_t cudaStreamGetFlags(cudaStream_t stream, unsigned* flags) {
  return call([=](World& world) { *flags = stream_of(world, stream).flags; });
}

cudaError_t cudaStreamGetPriority(cudaStream_t stream, int* priority) {
  return call([=](World& world) { *priority = stream_of(world, stream).priority; });
}

cudaError_t cudaStreamIsCapturing(cudaStream_t stream, cudaStreamCaptureStatus* status) {
  return call([=](World& world) {
    static_cast<void>(stream_of(world, stream));
    *status = cudaStreamCaptureStatusNone;
  });
}

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned /*flags*/) {
  return call([=](World& world) {
    world.scheduler.submit(stream_of(world, stream), {}, world.scheduler.event(event).ticket);
  });
}

cudaError_t cudaLaunchHostFunc(cudaStream_t stream, cudaHostFn_t function, void* argument) {
  return call([=](World& world) {
    world.scheduler.submit(stream_of(world, stream),
                           {.run = [=] { function(argument); }, .calls_host = true});
  });
}

cudaError_t cudaEventCreate(cudaEvent_t* event) {
  return cudaEventCreateWithFlags(event, cudaEventDefault);
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned flags) {
  return call(
      [=](World& world) { *event = world.scheduler.create_event(thread_state().device, flags); });
}

cudaError_t cudaEventDestroy(cudaEvent_t event) {
  return call([=](World& world) { world.scheduler.destroy_event(event); });
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  return cudaEventRecordWithFlags(event, stream, cudaEventRecordDefault);
}

cudaError_t cudaEventRecordWithFlags(cudaEvent_t event, cudaStream_t stream, unsigned /*flags*/) {
  return call([=](World& world) {
    Event& recorded = world.scheduler.event(event);
    Stream& in = stream_of(world, stream);
    if (recorded.device != in.device) {
      throw Failure(cudaErrorInvalidResourceHandle);
    }
    world.scheduler.record(recorded, in);
  });
}

cudaError_t cudaEventQuery(cudaEvent_t event) {
  return call([=](World& world) {
    if (!world.scheduler.poll(world.scheduler.event(event).ticket)) {
      throw Failure(cudaErrorNotReady);
    }
  });
}

cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  return call([=](World& world) {
    const cudart_standin::Ticket ticket = world.scheduler.event(event).ticket;
    world.count_synchronisation();
    world.scheduler.wait_for(ticket);
  });
}

// Milliseconds of a made-up clock: to be computed with, not to be believed.
cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t start, cudaEvent_t end) {
  return call([=](World& world) {
    const Event& first = world.scheduler.event(start);
    const Event& second = world.scheduler.event(end);
    if (!first.timing || !second.timing || !first.recorded || !second.recorded) {
      throw Failure(cudaErrorInvalidResourceHandle);
    }
    const bool first_done = world.scheduler.poll(first.ticket);
    if (!world.scheduler.poll(second.ticket) || !first_done) {
      throw Failure(cudaErrorNotReady);
    }
    *milliseconds = static_cast<float>(
        (static_cast<double>(*second.reached_ns) - static_cast<double>(*first.reached_ns)) /
        kNsPerMs);
  });
}

}  // extern "C"
