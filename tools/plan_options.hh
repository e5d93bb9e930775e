// The options that make a plan, shared by `encode` and `plan`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "host/picture_source.hh"
#include "host/plan.hh"
#include "tools/command_line.hh"
#include "tools/pair_option.hh"

namespace tools {

/// The most that the command line takes.
inline constexpr int kMaxChunkFrames = 100000;
inline constexpr int kMaxChunksPerChain = 1000000;

/// The coarsest of libvpx's quantisers.
inline constexpr int kMaxQ = 63;

/// What the command line says of a plan.
struct PlanOptions {
  int chunk_frames = 6;
  int chunks_per_chain = 16;  ///< 0: endless
  double cq = 24;             ///< in steps of 1 / host::kCqParts
  int min_q = 0;
  int max_q = kMaxQ;
  gpu::Effort effort = gpu::Effort::kDefault;
  host::FirstPass first_pass = host::FirstPass::kDevice;
  std::int64_t limit = -1;  ///< pictures at most; -1: all
};

/// Declares the options on a subcommand; they are stored in `options`, which must live as long.
void add_plan_options(Command command, PlanOptions& options);

/// Declares --limit, a number of `what` from 1.
void add_limit_option(Command command, std::int64_t& limit, const std::string& what);

/// Accepts integers from `min` up.
Check at_least(std::int64_t min);

/// Pairs for add_pair_option(): width and height, "WxH".
std::optional<Pair> parse_size(const std::string& text);
/// Chunk frames and chunks per chain, "N,X"; X may be "endless", which is 0.
std::optional<Pair> parse_plan(const std::string& text);

/// The plan for a video.
host::Plan make_plan(const PlanOptions& options, const host::StreamInfo& info);

/// For people: "device" or "libvpx".
std::string first_pass_name(host::FirstPass first_pass);

}  // namespace tools
