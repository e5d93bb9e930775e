// How fast a GPU decides: chunks of a moving made picture, timed by CUDA events.
//
//   build/release/gpu_bench [WIDTHxHEIGHT] [CHUNKS] [PICTURES]
#include <cstdio>
#include <cstdlib>
#include <mutex>

#include "cuda/cuda_device.hh"
#include "cuda/cuda_devices.hh"
#include "cuda/device_error.hh"

namespace {

constexpr int kSkipped = 77;  // what CTest takes for "skipped"

// Adds up what the GPU's streams were busy with.
class KernelTime : public gpu::SpanSink {
 public:
  void span(const gpu::Span& span) noexcept override {
    if (span.track == gpu::Span::kThisThread)
      return;
    const std::lock_guard lock(mutex_);
    seconds_ += std::chrono::duration<double>(span.end - span.begin).count();
  }
  void counter(std::string_view, std::int64_t) noexcept override {}
  double seconds() const { return seconds_; }

 private:
  std::mutex mutex_;
  double seconds_ = 0;
};

// A texture that moves, with noise: picture `number` of a clip.
vp8::PictureRef made_picture(int width, int height, int number) {
  vp8::Picture picture(width, height);
  std::uint32_t random = 12345u + static_cast<std::uint32_t>(number);
  for (const vp8::Plane plane : {vp8::kPlaneY, vp8::kPlaneU, vp8::kPlaneV}) {
    const vp8::PlaneView view = picture.coded(plane);
    for (int y = 0; y < view.height; ++y) {
      for (int x = 0; x < view.width; ++x) {
        random = random * 1664525u + 1013904223u;
        const int u = x + 3 * number;
        const int v = y + number;
        const int texture = ((u * u + 7 * v * v) >> 6 & 63) + ((u ^ v) & 31);
        view.at(y, x) = static_cast<std::uint8_t>(64 + texture + static_cast<int>(random >> 29));
      }
    }
  }
  picture.extend_borders();
  return vp8::PictureRef(std::move(picture));
}

std::vector<gpu::ChunkJob> made_chunks(int width, int height, int chunks, int pictures) {
  std::vector<vp8::PictureRef> clip;
  for (int i = 0; i < pictures; ++i)
    clip.push_back(made_picture(width, height, i));
  gpu::ChunkJob job;
  for (int i = 0; i < pictures; ++i) {
    vp8::FrameHeader header;
    header.key_frame = i == 0;
    header.width = static_cast<std::uint16_t>(width);
    header.height = static_cast<std::uint16_t>(height);
    header.refresh_golden_frame = header.refresh_alternate_frame = i == 0;
    header.quant.y_ac_qi = 30;
    job.pictures.push_back({clip[static_cast<std::size_t>(i)], header, {}});
  }
  return std::vector<gpu::ChunkJob>(static_cast<std::size_t>(chunks), job);
}

}  // namespace

int main(int argc, char** argv) {
  const gpu::CudaDevices found = gpu::cuda_devices();
  if (found.devices.empty()) {
    std::printf("skipped: no GPU: %s\n", found.why_none.c_str());
    return kSkipped;
  }
  int width = 1920;
  int height = 1080;
  if (argc > 1 && std::sscanf(argv[1], "%dx%d", &width, &height) != 2) {
    std::fprintf(stderr, "gpu_bench: a size looks like 1920x1080, not %s\n", argv[1]);
    return 2;
  }
  const int chunks = argc > 2 ? std::atoi(argv[2]) : 64;
  const int pictures = argc > 3 ? std::atoi(argv[3]) : 6;
  try {
    const auto device = gpu::make_cuda_device({});
    const std::vector<gpu::ChunkJob> jobs = made_chunks(width, height, chunks, pictures);
    device->first_pass({jobs.front()});  // loads the kernels
    KernelTime kernels;
    device->set_span_sink(&kernels);
    const auto begin = std::chrono::steady_clock::now();
    device->first_pass(jobs);
    const double wall =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    const double count = chunks * pictures;
    std::printf("%s: %d chunks of %d pictures, %dx%d\n", device->name().c_str(), chunks, pictures,
                width, height);
    std::printf("kernels (CUDA events) %8.3f s  %8.1f pictures/s\n", kernels.seconds(),
                count / kernels.seconds());
    std::printf("first pass (wall)     %8.3f s  %8.1f pictures/s\n", wall, count / wall);
  } catch (const gpu::DeviceError& error) {
    std::fprintf(stderr, "gpu_bench: %s\n", error.what());
    return 1;
  }
  return 0;
}
