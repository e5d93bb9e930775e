// Options that make a plan.
#include "tools/plan_options.hh"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>
#include <system_error>
#include <vector>

#include <fmt/core.h>

namespace tools {
namespace {

// A number of chunks, or the word for a chain without end, which becomes 0. A 0 is a mistake.
Check chunk_count() {
  return {[](std::string& text) -> std::string {
            if (text == "endless") {
              text = "0";
              return {};
            }
            const std::string error = in_range(1, kMaxChunksPerChain).problem(text);
            return error.empty() ? error : error + " (or the word endless, for one single chain)";
          },
          "or endless"};
}

}  // namespace

void add_plan_options(Command command, PlanOptions& options) {
  command
      .add_option("--chunk-frames", options.chunk_frames,
                  "Pictures a chunk (n): short chunks make more parallel work")
      .check(in_range(1, kMaxChunkFrames))
      .shows_default();
  command
      .add_option("--chunks-per-chain", options.chunks_per_chain,
                  "Chunks a chain (x), which begins with a key frame; 1: independent chunks; "
                  "endless: one key frame in all")
      .transform(chunk_count())
      .shows_default();
  command
      .add_option("--cq", options.cq,
                  "Constant quality on libvpx's scale, in sixteenths; 0 is the best")
      .check(in_range(0.0, static_cast<double>(kMaxQ)))
      .shows_default();
  command
      .add_option("--min-q", options.min_q,
                  "Code no picture finer than this, on libvpx's scale of quantisers")
      .check(in_range(0, kMaxQ))
      .shows_default();
  command.add_option("--max-q", options.max_q, "Nor coarser than this")
      .check(in_range(0, kMaxQ))
      .shows_default();
  command
      .add_option("--effort", options.effort,
                  "How much work goes into decisions: less is faster, more makes smaller files")
      .transform(
          word_of({host::effort_name(gpu::Effort::kFast), host::effort_name(gpu::Effort::kDefault),
                   host::effort_name(gpu::Effort::kBest)}))
      .type_name("");
  command
      .add_option("--first-pass", options.first_pass,
                  "Who makes the slow pass: device (our own search, the default) or libvpx")
      .transform(word_of(
          {first_pass_name(host::FirstPass::kDevice), first_pass_name(host::FirstPass::kLibvpx)}))
      .type_name("");
  add_limit_option(command, options.limit, "pictures");
}

void add_limit_option(Command command, std::int64_t& limit, const std::string& what) {
  command.add_option("--limit", limit, "Stop after this many " + what + " (all if not given)")
      .check(at_least(1));
}

Check at_least(std::int64_t min) {
  const std::string range = fmt::format("at least {}", min);
  return {[min, range](std::string& text) -> std::string {
            std::int64_t value = 0;
            const char* end = text.data() + text.size();
            const auto [stop, error] = std::from_chars(text.data(), end, value);
            const bool valid = error == std::errc() && stop == end && value >= min;
            return valid ? "" : fmt::format("{} is not a number of {}", text, range);
          },
          range};
}

std::optional<Pair> parse_size(const std::string& text) {
  return parse_pair(text, 'x', {1, 1}, {vp8::kMaxDimension, vp8::kMaxDimension});
}

std::optional<Pair> parse_plan(const std::string& text) {
  constexpr std::string_view endless = ",endless";
  constexpr Pair max = {kMaxChunkFrames, kMaxChunksPerChain};
  if (text.ends_with(endless))
    return parse_pair(text.substr(0, text.size() - endless.size()) + ",0", ',', {1, 0},
                      {max[0], 0});
  return parse_pair(text, ',', {1, 1}, max);
}

host::Plan make_plan(const PlanOptions& options, const host::StreamInfo& info) {
  if (options.min_q > options.max_q) {
    throw UsageError("--min-q, --max-q", "the finest quantiser must not be above the coarsest");
  }
  return {.width = info.width,
          .height = info.height,
          .frame_rate = info.frame_rate,
          .chunk_frames = options.chunk_frames,
          .chunks_per_chain = options.chunks_per_chain,
          .cq16 = static_cast<int>(std::lround(options.cq * host::kCqParts)),
          .min_q = options.min_q,
          .max_q = options.max_q,
          .effort = options.effort,
          .first_pass = options.first_pass};
}

std::string first_pass_name(host::FirstPass first_pass) {
  return first_pass == host::FirstPass::kDevice ? "device" : "libvpx";
}

}  // namespace tools
