// `fastslow devices`: what an encode could run on, and what waves would hold there.
#include <memory>
#include <optional>
#include <vector>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "cuda/cuda_devices.hh"
#include "cuda/device_error.hh"
#include "host/device_choice.hh"
#include "host/instruction_set.hh"
#include "host/pipeline.hh"
#include "tools/commands.hh"
#include "tools/device_options.hh"
#include "tools/files.hh"
#include "tools/pair_option.hh"
#include "tools/plan_options.hh"

namespace tools {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kMebibyte = 1 << 20;

struct Options {
  DeviceOptions device;
  Pair size{};  // width, height; 0: not given
  Pair plan{host::Plan{}.chunk_frames, host::Plan{}.chunks_per_chain};
  int threads = 0;
  bool json = false;
};

// What fits into one first pass call of a device, and what the host needs beside it.
struct Wave {
  host::ScheduleLimits limits;
  int pictures = 0;
  std::uint64_t host_bytes = 0;
};

Wave wave_on(const gpu::Device& device, const Options& options) {
  host::Plan plan;
  plan.width = options.size[0];
  plan.height = options.size[1];
  plan.chunk_frames = options.plan[0];
  plan.chunks_per_chain = options.plan[1];
  Wave wave;
  wave.limits = host::schedule_limits(plan, options.threads, device);
  wave.pictures = wave.limits.call_chunks * plan.chunk_frames;
  wave.host_bytes = host::memory_bound(plan, wave.limits);
  return wave;
}

// One device for the list: its facts, and the wave or why there is none.
struct Listed {
  Json facts;
  std::string line;
  std::optional<Wave> wave;
  std::string trouble;
};

Listed list_cpu(const Options& options) {
  const int threads = thread_count(options.threads);
  Listed cpu{
      {{"device", "cpu"}, {"threads", threads}, {"instruction_set", host::instruction_set()}},
      fmt::format("cpu: {} threads, {}", threads, host::instruction_set()),
      {},
      {}};
  if (options.size[0] > 0)
    cpu.wave = wave_on(*gpu::make_cpu_device(), options);
  return cpu;
}

Listed list_cuda(const gpu::CudaDevice& device, const Options& options) {
  const std::string compute = fmt::format("{}.{}", device.compute_major, device.compute_minor);
  Listed cuda{
      {{"device", fmt::format("cuda:{}", device.ordinal)},
       {"name", device.name},
       {"memory_bytes", device.memory_bytes},
       {"compute_capability", compute}},
      fmt::format("cuda:{}: {}, {:.0f} MiB, compute capability {}", device.ordinal, device.name,
                  static_cast<double>(device.memory_bytes) / kMebibyte, compute),
      {},
      {}};
  if (options.size[0] > 0) {
    try {
      const auto made =
          host::real_backends().make_cuda(device.ordinal, options.device.memory_bytes);
      cuda.wave = wave_on(*made, options);
    } catch (const gpu::DeviceError& error) {
      cuda.trouble = error.what();
    }
  }
  return cuda;
}

std::string as_text(const Listed& listed) {
  std::string text = listed.line + "\n";
  if (listed.wave) {
    const Wave& wave = *listed.wave;
    text += fmt::format(
        "  a wave holds {} chunks, {} pictures; {} waves at once; the host holds at most {:.0f} "
        "MiB "
        "of pictures\n",
        wave.limits.call_chunks, wave.pictures, wave.limits.calls,
        static_cast<double>(wave.host_bytes) / kMebibyte);
  }
  if (!listed.trouble.empty())
    text += "  cannot be used: " + listed.trouble + "\n";
  return text;
}

Json as_json(const Listed& listed) {
  Json json = listed.facts;
  if (listed.wave) {
    json["wave"] = {{"chunks", listed.wave->limits.call_chunks},
                    {"pictures", listed.wave->pictures},
                    {"at_once", listed.wave->limits.calls},
                    {"host_memory_bytes", listed.wave->host_bytes}};
  }
  if (!listed.trouble.empty())
    json["why_unusable"] = listed.trouble;
  return json;
}

void run(const Options& options) {
  const gpu::CudaDevices cuda = gpu::cuda_devices();
  std::vector<Listed> all = {list_cpu(options)};
  for (const gpu::CudaDevice& device : cuda.devices)
    all.push_back(list_cuda(device, options));
  Json json = {{"devices", Json::array()}};
  std::string text;
  for (const Listed& listed : all) {
    json["devices"].push_back(as_json(listed));
    text += as_text(listed);
  }
  if (!cuda.why_none.empty()) {
    json["why_no_cuda"] = cuda.why_none;
    text += "no CUDA device: " + cuda.why_none + "\n";
  }
  write_text(options.json ? json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n" : text);
}

}  // namespace

void add_devices(Command app) {
  const auto options = std::make_shared<Options>();
  const Command command = app.add_subcommand(
      "devices", "List what an encode can run on, and how much of a video it takes at once");
  add_pair_option(command, "--size", "WxH", options->size,
                  "Say what a wave would hold for pictures of this size", parse_size);
  add_pair_option(command, "--plan", "N,X", options->plan,
                  "With --size: pictures a chunk, chunks a chain or the word endless; 6,16 if not "
                  "given",
                  parse_plan);
  add_device_memory_option(command, options->device);
  add_threads_option(command, options->threads);
  command.add_flag("--json", options->json, "Print JSON");
  command.footer("Example:\n  fastslow devices --size 1920x1080 --plan 6,16 --device-memory 8G");
  command.on_run([options] { run(*options); });
}

}  // namespace tools
