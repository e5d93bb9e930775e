// Digests of pictures and of their plans.
#include "host/chunk_key.hh"

#include <array>
#include <memory>

#include <fmt/format.h>
#include <xxhash.h>

#include "host/byte_source.hh"

namespace host {
namespace {

class Digest {
 public:
  Digest() : state_(XXH3_createState(), &XXH3_freeState) { XXH3_128bits_reset(state_.get()); }

  void bytes(const void* data, std::size_t size) { XXH3_128bits_update(state_.get(), data, size); }
  void number(std::uint64_t value) {
    std::array<std::uint8_t, 8> little{};
    for (std::size_t i = 0; i < little.size(); ++i)
      little[i] = static_cast<std::uint8_t>(value >> 8 * i);
    bytes(little.data(), little.size());
  }
  void key(const ChunkKey& key) {
    number(key.high);
    number(key.low);
  }
  // What is shown says what the padding is.
  void picture(const vp8::Picture& picture) {
    for (const vp8::Plane plane : {vp8::kPlaneY, vp8::kPlaneU, vp8::kPlaneV}) {
      const vp8::ConstPlaneView view = picture.coded(plane);
      for (int y = 0; y < view.height; ++y)
        bytes(view.row(y), static_cast<std::size_t>(view.width));
    }
  }
  void frame(const PlannedFrame& frame) {
    const FramePlan& plan = frame.plan;
    number(static_cast<std::uint64_t>(plan.role));
    number(static_cast<std::uint64_t>(plan.q_index));
    number(plan.altref_ahead ? 1 : 0);
    number(plan.segments ? 1 : 0);
    if (plan.segments) {
      bytes(plan.segments->map.data(), plan.segments->map.size());
      bytes(plan.segments->q_index.data(), plan.segments->q_index.size());
    }
    number(frame.motion.size());
    for (const vp8::MotionVector mv : frame.motion) {
      number(static_cast<std::uint64_t>(static_cast<std::uint16_t>(mv.row)) << 16 |
             static_cast<std::uint16_t>(mv.col));
    }
    picture(*frame.source);
  }
  ChunkKey finish() {
    const XXH128_hash_t hash = XXH3_128bits_digest(state_.get());
    return {hash.high64, hash.low64};
  }

 private:
  std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state_;
};

ChunkKey hash_program() {
  Digest digest;
  const std::unique_ptr<ByteSource> program = open_file("/proc/self/exe");
  std::array<std::uint8_t, std::size_t{1} << 16> block{};
  while (const std::size_t count = program->read(block))
    digest.bytes(block.data(), count);
  return digest.finish();
}

const ChunkKey& program_key() {
  static const ChunkKey key = hash_program();
  return key;
}

}  // namespace

std::string ChunkKey::hex() const {
  return fmt::format("{:016x}{:016x}", high, low);
}

ChunkKey chunk_key(const Plan& plan, const ChunkKey& before, const ChunkWork& work) {
  Digest digest;
  digest.key(program_key());
  digest.key(work.chunk.begins_chain() ? ChunkKey{} : before);
  for (const std::int64_t value :
       {std::int64_t{plan.width}, std::int64_t{plan.height}, std::int64_t{plan.frame_rate.num},
        std::int64_t{plan.frame_rate.den}, static_cast<std::int64_t>(plan.effort),
        static_cast<std::int64_t>(plan.first_pass)}) {
    digest.number(static_cast<std::uint64_t>(value));
  }
  digest.number(work.frames.size());
  for (const PlannedFrame& frame : work.frames)
    digest.frame(frame);
  return digest.finish();
}

ChunkKey key_of_text(const std::string& text) {
  Digest digest;
  digest.key(program_key());
  digest.bytes(text.data(), text.size());
  return digest.finish();
}

}  // namespace host
