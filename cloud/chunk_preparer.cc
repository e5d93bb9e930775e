// Reading, planning, compressing.
#include "cloud/chunk_preparer.hh"

#include <algorithm>
#include <array>
#include <stdexcept>

#include <tbb/parallel_for.h>

#include "cloud/packed.hh"
#include "cloud/run_objects.hh"

namespace cloud {
namespace {

// Pictures that are worth a step of the lookahead.
constexpr int kStepPictures = 12;

int step_chunks(const host::Plan& plan, int threads) {
  return std::max(threads, (kStepPictures + plan.chunk_frames - 1) / plan.chunk_frames);
}

std::uint64_t sample_bytes(const vp8::Picture& picture) {
  std::uint64_t bytes = 0;
  for (const vp8::Plane plane : {vp8::kPlaneY, vp8::kPlaneU, vp8::kPlaneV}) {
    const vp8::ConstPlaneView shown = picture.shown(plane);
    bytes += static_cast<std::uint64_t>(shown.width) * static_cast<std::uint64_t>(shown.height);
  }
  return bytes;
}

}  // namespace

ChunkPreparer::ChunkPreparer(host::PictureSource& source,
                             gpu::Device& device,
                             const host::Plan& plan,
                             const SealKey& key,
                             int threads,
                             std::int64_t limit,
                             gpu::SpanSink* spans)
    : plan_(plan),
      key_(key),
      step_chunks_(step_chunks(plan, threads)),
      window_(source, device, plan, limit, spans) {}

std::optional<PreparedChunk> ChunkPreparer::next() {
  while (prepared_.empty() && !over_)
    prepare_step();
  if (prepared_.empty())
    return {};
  PreparedChunk chunk = std::move(prepared_.front());
  prepared_.pop_front();
  return chunk;
}

void ChunkPreparer::prepare_step() {
  const std::int64_t end = host::chunk_at(plan_, next_chunk_ + step_chunks_).first_picture;
  over_ = !window_.read(end);
  const std::int64_t ready = window_.prepare(end);
  std::vector<host::Chunk> chunks;
  for (int i = 0; i < step_chunks_; ++i) {
    host::Chunk chunk = host::chunk_at(plan_, next_chunk_);
    if (chunk.first_picture >= ready)
      break;
    chunk.pictures =
        static_cast<int>(std::min<std::int64_t>(chunk.pictures, ready - chunk.first_picture));
    chunks.push_back(chunk);
    ++next_chunk_;
  }
  std::vector<StoredPictures> raw = store_raw(chunks);
  for (std::size_t i = 0; i < chunks.size(); ++i)
    prepared_.push_back(prepare(chunks[i], std::move(raw[i])));
  window_.drop_before(ready);
}

// Also of chunks that are not wanted: later ones may refer to their pictures.
std::vector<StoredPictures> ChunkPreparer::store_raw(const std::vector<host::Chunk>& chunks) const {
  std::vector<StoredPictures> stored(chunks.size());
  tbb::parallel_for(std::size_t{0}, chunks.size(), [&](std::size_t i) {
    const host::Chunk& chunk = chunks[i];
    std::vector<vp8::PictureRef> pictures;
    for (int k = 0; k < chunk.pictures; ++k)
      pictures.push_back(window_.picture(chunk.first_picture + k));
    stored[i] = store_pictures(key_, raw_name(chunk.index), pictures);
  });
  return stored;
}

PreparedChunk ChunkPreparer::prepare(const host::Chunk& chunk, StoredPictures raw) {
  PreparedChunk prepared;
  prepared.chunk = chunk;
  prepared.needs.begins_chain = chunk.begins_chain();
  prepared.needs.boundary = plan_.first_pass == host::FirstPass::kLibvpx && !chunk.begins_chain();
  StoredWork work{.plan = plan_, .chunk = chunk, .pictures = {}, .frames = {}, .stand_ins = {}};
  add_stand_ins(prepared, work);
  add_frames(raw.spots, prepared, work);
  prepared.objects.emplace_back(raw_name(chunk.index), std::move(raw.bytes));
  for (const auto& [name, bytes] : prepared.objects)
    prepared.packed_bytes += bytes.size();
  const std::string name = work_name(chunk.index);
  prepared.objects.emplace_back(name, seal(key_, name, pack(write_work(work))));
  if (!wanted(chunk.index))
    prepared.objects.clear();
  return prepared;
}

void ChunkPreparer::add_stand_ins(PreparedChunk& prepared, StoredWork& work) {
  const host::StandIns& stand_ins = window_.stand_ins(work.chunk.first_picture);
  forget_but(stand_ins);
  if (work.chunk.begins_chain())
    return;
  std::set<std::int64_t> chunks;
  const auto stand_in = [&](const vp8::PictureRef& picture) {
    const Known& found = known(picture);
    chunks.insert(found.chunk);
    return work.add_picture(found.spot);
  };
  work.stand_ins = {stand_in(stand_ins.last), stand_in(stand_ins.golden),
                    stand_in(stand_ins.altref)};
  prepared.needs.pictures.assign(chunks.begin(), chunks.end());
}

// `shown`: where the pictures that the chunk shows are.
void ChunkPreparer::add_frames(const std::vector<PictureSpot>& shown,
                               PreparedChunk& prepared,
                               StoredWork& work) {
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const std::int64_t number = work.chunk.first_picture + static_cast<std::int64_t>(i);
    prepared.raw_bytes += sample_bytes(*window_.picture(number));
    for (const host::PlannedFrame& frame : window_.frames(number)) {
      PictureSpot spot = shown[i];
      if (!frame.shown()) {
        const std::array<vp8::PictureRef, 1> filtered = {frame.source};
        StoredPictures stored = store_pictures(key_, filtered_name(number), filtered);
        spot = stored.spots.front();
        prepared.objects.emplace_back(filtered_name(number), std::move(stored.bytes));
      }
      work.frames.push_back({work.add_picture(spot), frame.picture, frame.plan, frame.motion});
      known_.push_back({frame.source, std::move(spot), work.chunk.index});
    }
  }
}

const ChunkPreparer::Known& ChunkPreparer::known(const vp8::PictureRef& picture) const {
  const auto found = std::find_if(known_.begin(), known_.end(), [&](const Known& known) {
    return known.picture.same_object(picture);
  });
  if (found == known_.end())
    throw std::logic_error("a picture stands in that was not stored");
  return *found;
}

// References go from picture to picture: what stands in before this chunk, or is in it, is all that
// can stand in before the next one.
void ChunkPreparer::forget_but(const host::StandIns& stand_ins) {
  std::erase_if(known_, [&](const Known& known) {
    return !known.picture.same_object(stand_ins.last) &&
           !known.picture.same_object(stand_ins.golden) &&
           !known.picture.same_object(stand_ins.altref);
  });
}

}  // namespace cloud
