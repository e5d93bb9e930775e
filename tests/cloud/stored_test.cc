// What lies in the store: it comes back as it was, and nothing else is believed.
#include <random>

#include <gtest/gtest.h>

#include "cloud/chunk_preparer.hh"
#include "cloud/error.hh"
#include "cloud/message.hh"
#include "cloud/packed.hh"
#include "cloud/run_names.hh"
#include "cloud/stored_results.hh"
#include "tests/cloud/memory_services.hh"
#include "tests/cloud/test_runs.hh"

namespace cloud {
namespace {

using test::Clip;

constexpr SealKey kKey = {1, 2, 3};
constexpr SealKey kOtherKey = {1, 2, 4};

Bytes bytes_of(const std::string& text) {
  return {text.begin(), text.end()};
}

// --- seals ---

TEST(Seal, OpensWithItsKeyAndNameOnly) {
  const Bytes sealed = seal(kKey, "state/1", bytes_of("hello"));
  EXPECT_EQ(open_sealed(kKey, "state/1", sealed), bytes_of("hello"));
  EXPECT_THROW(open_sealed(kOtherKey, "state/1", sealed), Damaged);
  EXPECT_THROW(open_sealed(kKey, "state/2", sealed), Damaged);
}

TEST(Seal, NoticesEveryChangedByteAndEveryCut) {
  const Bytes sealed = seal(kKey, "x", bytes_of("some bytes"));
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    Bytes changed = sealed;
    changed[i] ^= 0x40;
    EXPECT_THROW(open_sealed(kKey, "x", changed), Damaged) << i;
    changed.resize(i);
    EXPECT_THROW(open_sealed(kKey, "x", changed), Damaged) << i;
  }
}

TEST(Seal, IsAnHmacSha256OfTheDigestsOfNameAndBytes) {
  // By python3: hmac.new(bytes([1, 2, 3] + [0] * 29), sha256(b"n") + sha256(b"abc"), "sha256").
  const Bytes sealed = seal(kKey, "n", bytes_of("abc"));
  EXPECT_EQ(sha256_hex(bytes_of("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  std::string hex;
  for (std::size_t i = 3; i < sealed.size(); ++i) {
    hex += "0123456789abcdef"[sealed[i] >> 4];
    hex += "0123456789abcdef"[sealed[i] & 15];
  }
  EXPECT_EQ(hex, "58a55f7c1427ad0674fa849b047c3e4932adf8d61c0fd64f2840801911e60861");
}

TEST(Seal, KeysDiffer) {
  EXPECT_NE(make_seal_key(), make_seal_key());
}

// --- messages ---

Task some_task() {
  return {.key = kKey, .attempt = 77, .phase = Phase::kRebase, .chunk = 123456789012};
}

Result some_result() {
  Result result;
  result.attempt = 77;
  result.phase = Phase::kBoundary;
  result.chunk = 5;
  result.status = Result::Status::kLostInput;
  result.text = "raw/00000005";
  result.times = {1, 2, 3, 4, 5, 6};
  result.bytes_in = 1'000'000'000'000;
  result.bytes_out = 7;
  result.cold = true;
  return result;
}

TEST(Message, TasksAndResultsComeBack) {
  EXPECT_EQ(read_task(write_task(some_task())), some_task());
  EXPECT_EQ(read_result(write_result(some_result(), kKey), kKey), some_result());
}

TEST(Message, ResultsOfOthersAreRefused) {
  EXPECT_THROW(read_result(write_result(some_result(), kOtherKey), kKey), Damaged);
}

TEST(Message, TasksThatAreCutChangedOrLongerAreRefusedOrRereadAlike) {
  const Bytes bytes = write_task(some_task());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    EXPECT_THROW(read_task(ByteSpan(bytes).first(i)), Damaged);
    Bytes changed = bytes;
    changed[i] ^= 0x81;
    try {
      EXPECT_EQ(write_task(read_task(changed)), changed);
    } catch (const Damaged&) {
      // Refused.
    }
  }
  Bytes longer = bytes;
  longer.push_back(0);
  EXPECT_THROW(read_task(longer), Damaged);
}

// --- compression ---

TEST(Packed, ComesBackAndIsSmaller) {
  const Bytes bytes(100'000, 7);
  EXPECT_LT(pack(bytes).size(), 1000U);
  EXPECT_EQ(unpack("x", pack(bytes)), bytes);
  EXPECT_EQ(unpack("x", pack({})), Bytes());
}

TEST(Packed, RefusesWhatItDidNotWrite) {
  Bytes packed = pack(Bytes(1000, 3));
  EXPECT_THROW(unpack("x", {}), Damaged);
  EXPECT_THROW(unpack("x", bytes_of("no such thing")), Damaged);
  for (std::size_t size = 0; size < packed.size(); ++size)
    EXPECT_THROW(unpack("x", ByteSpan(packed).first(size)), Damaged);
}

// --- names ---

TEST(RunNames, EveryObjectKnowsItsTask) {
  host::Plan plan;
  plan.chunk_frames = 6;
  const std::vector<std::pair<std::string, TaskId>> known = {
      {raw_name(7), {7, Step::kUpload}},     {filtered_name(43), {7, Step::kUpload}},
      {work_name(7), {7, Step::kUpload}},    {decisions_name(7), {7, Step::kFirstPass}},
      {exit_name(7), {7, Step::kFirstPass}}, {boundary_name(7), {7, Step::kBoundary}},
      {state_name(7), {7, Step::kRebase}},   {frames_name(123456789), {123456789, Step::kRebase}}};
  for (const auto& [name, task] : known)
    EXPECT_EQ(task_of(name, plan), task) << name;
  for (const char* const name : {"", "raw", "raw/", "raw/7", "raw/-0000001", "raw/00000007x",
                                 "other/00000007", "raw/99999999999999999999"})
    EXPECT_EQ(task_of(name, plan), std::nullopt) << name;
}

// --- chunks ---

// All chunks of a clip in a store, and the window that they came from.
struct Uploaded {
  Clip clip;
  host::Plan plan;
  std::unique_ptr<gpu::Device> device = gpu::make_cpu_device();
  test::MemoryStore store;
  RunObjects objects{store, kKey};
  std::vector<PreparedChunk> chunks;

  Uploaded(const Clip& of, host::Plan with) : clip(of), plan(std::move(with)) {
    test::SyntheticSource source = clip.open();
    ChunkPreparer preparer(source, *device, plan, kKey, 2, -1, nullptr);
    while (std::optional<PreparedChunk> chunk = preparer.next()) {
      for (const auto& [name, bytes] : chunk->objects)
        store.put(name, bytes);
      chunks.push_back(std::move(*chunk));
    }
  }
  StoredWork stored(std::int64_t chunk) { return read_work(objects.get(work_name(chunk))); }
};

// What the local pipeline would work on.
void expect_same_work(Uploaded& uploaded, host::SourceWindow& window, const PreparedChunk& chunk) {
  const host::ChunkWork work =
      fetch_work(uploaded.objects, uploaded.stored(chunk.chunk.index), Needs::kFramesAndStandIns);
  EXPECT_EQ(work.chunk, chunk.chunk);
  std::size_t k = 0;
  for (int i = 0; i < chunk.chunk.pictures; ++i) {
    for (const host::PlannedFrame& frame : window.frames(chunk.chunk.first_picture + i)) {
      ASSERT_LT(k, work.frames.size());
      EXPECT_EQ(work.frames[k].source, frame.source);
      EXPECT_EQ(work.frames[k].picture, frame.picture);
      EXPECT_EQ(work.frames[k].plan, frame.plan);
      EXPECT_EQ(work.frames[k].motion, frame.motion);
      ++k;
    }
  }
  EXPECT_EQ(k, work.frames.size());
  const host::StandIns& stand_ins = window.stand_ins(chunk.chunk.first_picture);
  EXPECT_EQ(work.stand_ins.last, stand_ins.last);
  EXPECT_EQ(work.stand_ins.golden, stand_ins.golden);
  EXPECT_EQ(work.stand_ins.altref, stand_ins.altref);
  // Which references share a picture decides what is searched.
  EXPECT_EQ(work.stand_ins.golden.same_object(work.stand_ins.altref),
            stand_ins.golden.same_object(stand_ins.altref));
  EXPECT_EQ(work.stand_ins.golden.same_object(work.stand_ins.last),
            stand_ins.golden.same_object(stand_ins.last));
}

TEST(ChunkPreparer, WorkersGetWhatTheLocalPipelineWorksOn) {
  const Clip clip{.width = 33, .height = 47, .pictures = 60};
  for (const auto& [n, x] : {std::pair(6, 4), {1, 0}, {5, 1}}) {
    Uploaded uploaded(clip, test::plan_of(clip, n, x));
    test::SyntheticSource source = clip.open();
    host::SourceWindow window(source, *uploaded.device, uploaded.plan, -1);
    window.read(100);
    ASSERT_EQ(window.prepare(100), 60);
    for (const PreparedChunk& chunk : uploaded.chunks)
      expect_same_work(uploaded, window, chunk);
  }
}

TEST(ChunkPreparer, PreparesTheSameOnAnyNumberOfThreads) {
  const Clip clip{.pictures = 50};
  const host::Plan plan = test::plan_of(clip, 4, 3);
  const Uploaded one(clip, plan);
  test::SyntheticSource source = clip.open();
  ChunkPreparer preparer(source, *one.device, plan, kKey, 7, -1, nullptr);
  for (const PreparedChunk& chunk : one.chunks)
    EXPECT_EQ(preparer.next()->objects, chunk.objects);
  EXPECT_FALSE(preparer.next());
}

TEST(ChunkPreparer, MakesObjectsForWantedChunksOnlyAndTheSame) {
  const Clip clip{.pictures = 50};
  const host::Plan plan = test::plan_of(clip, 4, 3);
  const Uploaded all(clip, plan);
  test::SyntheticSource source = clip.open();
  ChunkPreparer preparer(source, *all.device, plan, kKey, 2, -1, nullptr);
  preparer.only({2, 7});
  for (const PreparedChunk& chunk : all.chunks) {
    const bool wanted = chunk.chunk.index == 2 || chunk.chunk.index == 7;
    EXPECT_EQ(preparer.next()->objects, wanted ? chunk.objects : decltype(chunk.objects){});
  }
}

TEST(StoredWork, IsRefusedWhereItCannotBeDone) {
  const Clip clip;
  Uploaded uploaded(clip, test::plan_of(clip, 6, 3));
  const StoredWork good = uploaded.stored(1);
  const auto refused = [&](auto change) {
    StoredWork bad = good;
    change(bad);
    EXPECT_THROW(read_work(write_work(bad)), Damaged);
  };
  EXPECT_EQ(read_work(write_work(good)), good);
  refused([](StoredWork& w) { w.plan.width = 0; });
  refused([](StoredWork& w) { w.plan.height = 20'000; });
  refused([](StoredWork& w) { w.plan.chunk_frames = 0; });
  refused([](StoredWork& w) { w.plan.cq16 = -1; });
  refused([](StoredWork& w) { w.chunk.first_picture += 1; });
  refused([](StoredWork& w) { w.chunk.pictures = 0; });
  refused([](StoredWork& w) { w.frames.clear(); });
  refused([](StoredWork& w) { w.frames[0].source = 1000; });
  refused([](StoredWork& w) { w.frames[0].plan.q_index = 128; });
  refused([](StoredWork& w) { w.frames[0].plan.role = host::FrameRole::kKey; });
  refused([](StoredWork& w) { w.frames[0].plan.segments = host::Segments{{9}, {}}; });
  refused([](StoredWork& w) { w.frames[0].motion.resize(1); });
  refused([](StoredWork& w) { w.stand_ins.reset(); });
  refused([](StoredWork& w) { w.stand_ins->golden = 99; });
}

TEST(StoredPictures, AnotherVideosPicturesAreNotTaken) {
  const Clip clip;
  Clip other = clip;
  other.content = oracle::Content::kPan;
  Uploaded uploaded(clip, test::plan_of(clip, 6, 3));
  const Uploaded foreign(other, test::plan_of(other, 6, 3));
  for (const auto& [name, bytes] : foreign.chunks[0].objects) {
    if (name == raw_name(0))
      uploaded.store.put(name, bytes);
  }
  EXPECT_THROW(fetch_work(uploaded.objects, uploaded.stored(0), Needs::kFrames), LostObject);
}

// --- results ---

std::vector<vp8::Decisions> some_decisions(Uploaded& uploaded, std::int64_t chunk) {
  const StoredWork stored = uploaded.stored(chunk);
  host::ChunkWork work = fetch_work(uploaded.objects, stored, Needs::kFramesAndStandIns);
  host::PhaseTimes times;
  host::decide_by_device(stored.plan, *uploaded.device, {&work, 1}, times);
  return std::move(work.decisions);
}

TEST(StoredResults, DecisionsComeBackAsTheyWere) {
  for (const auto content : {oracle::Content::kPan, oracle::Content::kCuts}) {
    const Clip clip{.width = 70, .height = 40, .content = content, .pictures = 30};
    Uploaded uploaded(clip, test::plan_of(clip, 10, 2));
    for (std::int64_t chunk = 0; chunk < 3; ++chunk) {
      const std::vector<vp8::Decisions> decisions = some_decisions(uploaded, chunk);
      const std::size_t macroblocks = decisions[0].modes.size();
      const Bytes bytes = write_decisions(decisions);
      const auto again = read_decisions(bytes, decisions.size(), macroblocks);
      ASSERT_EQ(again.size(), decisions.size());
      for (std::size_t i = 0; i < again.size(); ++i) {
        EXPECT_EQ(again[i].header, decisions[i].header);
        EXPECT_EQ(again[i].modes, decisions[i].modes);
      }
      EXPECT_EQ(write_decisions(again), bytes);
      EXPECT_THROW(read_decisions(bytes, decisions.size() + 1, macroblocks), Damaged);
      EXPECT_THROW(read_decisions(bytes, decisions.size(), macroblocks + 1), Damaged);
    }
  }
}

TEST(StoredResults, ChangedDecisionsAreRefusedOrWrittenAlike) {
  const Clip clip{.width = 32, .height = 32, .pictures = 6};
  Uploaded uploaded(clip, test::plan_of(clip, 6, 1));
  const std::vector<vp8::Decisions> decisions = some_decisions(uploaded, 0);
  const Bytes bytes = write_decisions(decisions);
  std::mt19937 random(1);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    Bytes changed = bytes;
    changed[i] ^= static_cast<std::uint8_t>(1U << random() % 8);
    try {
      EXPECT_EQ(write_decisions(read_decisions(changed, 6, 4)), changed);
    } catch (const Damaged&) {
      // Refused.
    }
    EXPECT_THROW(read_decisions(ByteSpan(bytes).first(i), 6, 4), Damaged);
  }
}

TEST(StoredResults, FramesComeBack) {
  StoredFrames frames;
  frames.frames.push_back({bytes_of("hidden"), {}});
  host::PictureQuality quality;
  quality.psnr = 1.0 / 3;
  quality.ssim_y = 0.25;
  quality.sse = {1, 2, 3};
  frames.frames.push_back({bytes_of("shown"), quality});
  frames.state_hash = 0x123456789abcdef0;
  const StoredFrames again = read_frames(write_frames(frames));
  ASSERT_EQ(again.frames.size(), 2U);
  EXPECT_EQ(again.frames[0].bytes, bytes_of("hidden"));
  EXPECT_EQ(again.frames[0].quality, std::nullopt);
  EXPECT_EQ(again.frames[1].bytes, bytes_of("shown"));
  EXPECT_EQ(again.frames[1].quality, quality);
  EXPECT_EQ(again.state_hash, frames.state_hash);
}

// --- objects ---

TEST(RunObjects, ADamagedObjectIsReplacedASoundOneStays) {
  test::MemoryStore store;
  RunObjects objects(store, kKey);
  objects.put("a", bytes_of("first"));
  objects.put("a", bytes_of("second"));
  EXPECT_EQ(objects.get("a"), bytes_of("first"));
  store.put("a", bytes_of("damaged, and long enough to have had a seal"));
  EXPECT_THROW(objects.get("a"), LostObject);
  objects.put("a", bytes_of("third"));
  EXPECT_EQ(objects.get("a"), bytes_of("third"));
}

TEST(RunObjects, AStateComesFromTheStoreWhereTheExchangeHasNoneOrAForgedOne) {
  test::MemoryStore store;
  test::MemoryExchange exchange;
  RunObjects objects(store, kKey);
  exchange.publish("forged", bytes_of("who knows what, but it is long enough for a seal"));
  for (const std::string name : {"gone", "forged"}) {
    objects.put_state(name, bytes_of(name), exchange);
    if (name == "gone")
      exchange.forget_all();
    EXPECT_EQ(objects.get_state(name, exchange), bytes_of(name));
  }
  EXPECT_THROW(objects.get_state("never", exchange), LostObject);
}

}  // namespace
}  // namespace cloud
