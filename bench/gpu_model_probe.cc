// What bench/gpu_model cannot know by itself, as JSON on standard output: what the CUDA device's
// kernels did in a small encode on the stand-in runtime, what a wave of large pictures moves and
// launches, and how many blocks of each kernel a multiprocessor of each board holds.
//
//   gpu_model_probe <what tests/cuda/ptxas_report --json prints> WIDTH HEIGHT
#include <cstddef>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "cuda/cuda_batch.hh"
#include "cuda/cuda_device.hh"
#include "cuda/cuda_kernels.hh"
#include "tests/cuda/made_clips.hh"
#include "tests/cudart/control.hh"
#include "tests/cudart/device_models.hh"

namespace {

using nlohmann::json;

// The encode that is counted: small, because a kernel's every instruction is interpreted.
constexpr int kWidth = 176;
constexpr int kHeight = 112;
constexpr int kPictures = 3;
constexpr int kQIndex = 30;
constexpr int kThreads = 128;  // of a block, as cuda_kernels.cu launches them

// --- chunks of a moving texture ---

std::vector<vp8::PictureRef> moving_clip(int first_top) {
  std::vector<vp8::PictureRef> clip;
  for (int i = 0; i < kPictures; ++i)
    clip.push_back(gpu::test::window_on_texture(kWidth, kHeight, first_top + 2 * i, 6 * i));
  return clip;
}

gpu::ChunkJob chunk_of(const std::vector<vp8::PictureRef>& clip, bool key_frame) {
  gpu::ChunkJob chunk;
  for (const vp8::PictureRef& source : clip) {
    vp8::FrameHeader header;
    header.key_frame = key_frame && chunk.pictures.empty();
    if (header.key_frame) {
      header.width = kWidth;
      header.height = kHeight;
    }
    header.quant.y_ac_qi = kQIndex;
    chunk.pictures.push_back({source, header, {}});
  }
  return chunk;
}

// Two chunks of a chain: one begins with a key frame, one goes on from a state.
std::vector<gpu::ChunkJob> chunks_of_a_chain() {
  const std::vector<vp8::PictureRef> clip = moving_clip(0);
  gpu::ChunkJob before = chunk_of({clip.back()}, true);
  before.want_exit = true;
  gpu::ChunkJob second = chunk_of(moving_clip(2 * kPictures), false);
  second.entry = gpu::make_cpu_device()->first_pass({before})[0].exit;
  return {chunk_of(clip, true), second};
}

// --- what they cost ---

// Of "_ZN3gpu4cuda..._12decide_interEPK..." the name of the kernel.
std::string plain_name(const std::string& mangled, const json& resources) {
  for (const auto& [name, unused] : resources.begin()->items()) {
    if (mangled.find(std::to_string(name.size()) + name) != std::string::npos)
      return name;
  }
  return mangled.find("DeviceSegmentedReduce") != std::string::npos ? "launch_sums (CUB)" : mangled;
}

json counts_json(const ptx::LaunchCounts& c) {
  return {{"launches", c.launches},
          {"warp_instructions", c.warp_instructions},
          {"thread_instructions", c.thread_instructions},
          {"integer_operations", c.integer_operations},
          {"global_bytes", c.global.loaded_bytes + c.global.stored_bytes},
          {"shared_bytes", c.shared.loaded_bytes + c.shared.stored_bytes},
          {"local_bytes", c.local.loaded_bytes + c.local.stored_bytes},
          {"sector_bytes", 32 * (c.global_load_sectors + c.global_store_sectors)}};
}

json counted(const json& resources) {
  const std::vector<gpu::ChunkJob> chunks = chunks_of_a_chain();
  const std::vector<vp8::PictureRef> clip = moving_clip(0);
  cudart_standin::reset();
  {
    const auto device = gpu::make_cuda_device({});
    static_cast<void>(device->first_pass(chunks));
  }
  const cudart_standin::Report pass = cudart_standin::report();
  cudart_standin::reset();
  {
    const auto device = gpu::make_cuda_device({});
    static_cast<void>(device->look_ahead(clip));
  }
  const cudart_standin::Report lookahead = cudart_standin::report();
  json kernels = json::object();
  for (const auto* report : {&pass, &lookahead}) {
    if (!report->findings.empty())
      throw std::runtime_error("the stand-in runtime found: " + report->findings.front());
    for (const auto& [name, counts] : report->kernels) {
      json entry = counts_json(counts);
      entry["phase"] = report == &pass ? "first pass" : "lookahead";
      kernels[plain_name(name, resources)] = entry;
    }
  }
  if (pass.launches == 0 || lookahead.launches == 0)
    throw std::runtime_error("no kernel ran");
  return {{"width", kWidth},
          {"height", kHeight},
          {"chunks", chunks.size()},
          {"pictures", chunks.size() * kPictures},
          {"inter_pictures", chunks.size() * kPictures - 1},
          {"rounds", kPictures},
          {"pairs", clip.size() - 1},
          {"up_bytes", pass.host_to_device.bytes},
          {"down_bytes", pass.device_to_host.bytes},
          {"kernels", kernels}};
}

// --- pictures of a size ---

std::vector<int> diagonal_sizes(int mb_rows, int mb_cols) {
  const gpu::Diagonals diagonals{mb_rows, mb_cols};
  std::vector<int> sizes;
  for (int d = 0; d < diagonals.count(); ++d)
    sizes.push_back(diagonals.size(d));
  return sizes;
}

json shape_json(int width, int height) {
  const gpu::cuda::PictureShape shape(width, height);
  const gpu::PictureLayout layout(shape.mb_rows(), shape.mb_cols());
  long border_samples = 0;
  for (const int scale : {1, 2, 2}) {
    const int border = vp8::Picture::kBorder / scale;
    const int w = shape.mb_cols() * 16 / scale;
    const int h = shape.mb_rows() * 16 / scale;
    border_samples += (w + 2L * border) * (h + 2L * border) - 1L * w * h;
  }
  const std::size_t constant = sizeof(gpu::PictureTask) + sizeof(vp8::TokenCosts) +
                               sizeof(gpu::ModeRates) + sizeof(vp8::FilterRules) +
                               sizeof(gpu::FilterSearch);
  return {{"width", width},
          {"height", height},
          {"mb_rows", shape.mb_rows()},
          {"mb_cols", shape.mb_cols()},
          {"sampled_rows", gpu::cuda::filter_sample_rows(shape.mb_rows())},
          {"filter_tries", gpu::FilterSearch::kMaxTries},
          {"border_samples", border_samples},
          {"diagonals", diagonal_sizes(shape.mb_rows(), shape.mb_cols())},
          {"picture_bytes", shape.bytes()},
          {"input_bytes", constant + layout.macroblocks() * sizeof(vp8::MotionVector)},
          {"output_bytes", layout.outputs_end() - layout.outputs() + sizeof(gpu::FilterSearch)},
          {"chunk_bytes", gpu::cuda::Batch::bytes_a_chunk(shape)}};
}

// --- boards ---

json blocks_json(const cudaDeviceProp& properties, const json& kernels) {
  json blocks = json::object();
  for (const auto& [name, kernel] : kernels.items()) {
    const cudart_standin::KernelNeeds needs{kernel.at("registers").get<int>(),
                                            kernel.at("shared_bytes").get<std::size_t>(), kThreads,
                                            0};
    blocks[name] =
        cudart_standin::blocks_per_multiprocessor(properties, needs, kThreads, 0).value();
  }
  return blocks;
}

json boards_json(const json& resources) {
  json boards = json::array();
  for (const cudart_standin::DeviceModel& model : cudart_standin::device_models()) {
    const std::string arch = std::to_string(model.compute_major * 10 + model.compute_minor);
    if (!resources.contains(arch))
      continue;
    const cudaDeviceProp properties = cudart_standin::device_properties(model, 0, 0);
    boards.push_back(
        {{"name", model.name},
         {"board", model.board},
         {"arch", arch},
         {"multiprocessors", model.multiprocessors},
         {"clock_hz", model.boost_clock_mhz * 1e6},
         // Two transfers a clock on each of the bus's wires.
         {"memory_bytes_per_second", model.memory_bus_bits / 8.0 * 2e6 * model.memory_clock_mhz},
         {"memory_bytes", properties.totalGlobalMem},
         {"max_warps", properties.maxThreadsPerMultiProcessor / properties.warpSize},
         {"blocks", blocks_json(properties, resources.at(arch))}});
  }
  return boards;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc != 4)
      throw std::invalid_argument("usage: gpu_model_probe RESOURCES.json WIDTH HEIGHT");
    std::ifstream file(argv[1]);
    const json resources = json::parse(file);
    const json all = {{"counted", counted(resources)},
                      {"counted_shape", shape_json(kWidth, kHeight)},
                      {"shape", shape_json(std::stoi(argv[2]), std::stoi(argv[3]))},
                      {"boards", boards_json(resources)}};
    std::cout << all.dump(1) << '\n';
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "gpu_model_probe: " << error.what() << '\n';
    return 1;
  }
}
