// Finished chunks on disk: what comes back, what is refused, what is removed.
#include "host/chunk_store.hh"

#include <chrono>
#include <filesystem>
#include <thread>

#include <gtest/gtest.h>

#include "tests/host/test_clips.hh"

namespace host {
namespace {

std::vector<RebasedPicture> some_frames(std::uint8_t seed) {
  PictureQuality quality;
  quality.psnr_y = 41.5;
  quality.ssim = 0.75;
  quality.sse = {1, 2, 3};
  quality.samples = {4, 5, seed};
  return {{{seed, 2, 3}, {}}, {{}, quality}, {std::vector<std::uint8_t>(1000, seed), quality}};
}

void expect_equal(const std::optional<std::vector<RebasedPicture>>& found,
                  const std::vector<RebasedPicture>& expected) {
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ((*found)[i].bytes, expected[i].bytes);
    EXPECT_EQ((*found)[i].quality, expected[i].quality);
  }
}

TEST(ChunkStore, GivesBackWhatItKept) {
  const test::TempFolder folder;
  ChunkStore store(folder / "work");
  EXPECT_FALSE(store.exists());
  EXPECT_EQ(folder.file_count(), 0U);
  store.keep({1, 2}, some_frames(7));
  store.keep({1, 3}, some_frames(8));
  EXPECT_TRUE(store.exists());
  expect_equal(store.find({1, 2}), some_frames(7));
  expect_equal(ChunkStore(folder / "work").find({1, 3}), some_frames(8));
  EXPECT_FALSE(store.find({2, 2}));
  store.remove();
  EXPECT_EQ(folder.file_count(), 0U);
}

TEST(ChunkStore, TakesNoChangedByteForAChunk) {
  const std::vector<std::uint8_t> good = write_chunk(some_frames(3));
  expect_equal(read_chunk(good), some_frames(3));
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::vector<std::uint8_t> bad = good;
    bad[i] = static_cast<std::uint8_t>(bad[i] ^ 1U << i % 8);
    EXPECT_FALSE(read_chunk(bad)) << i;
    EXPECT_FALSE(read_chunk(std::span(good).first(i))) << i;
  }
}

TEST(ChunkStore, TakesADamagedFileForNone) {
  const test::TempFolder folder;
  ChunkStore store(folder / "");
  store.keep({1, 2}, some_frames(7));
  test::truncate_file(folder / (ChunkKey{1, 2}.hex() + ".chunk"), 0.5);
  EXPECT_FALSE(store.find({1, 2}));
  store.keep({1, 2}, some_frames(7));
  expect_equal(store.find({1, 2}), some_frames(7));
}

TEST(ChunkStore, DoesWithoutAFolderThatCannotBeMade) {
  const test::TempFolder folder;
  { const std::ofstream file(folder / "file"); }
  ChunkStore store(folder / "file");
  store.keep({1, 2}, some_frames(7));
  EXPECT_FALSE(store.find({1, 2}));
  EXPECT_FALSE(store.exists());
}

TEST(ChunkStore, RemovesWhatWasUsedLongestAgo) {
  const test::TempFolder folder;
  const std::uint64_t one = write_chunk(some_frames(0)).size();
  ChunkStore store(folder / "", 3 * one);
  for (std::uint8_t i = 0; i < 5; ++i) {
    store.keep({0, i}, some_frames(i));
    const auto age = std::chrono::hours(10 - i);
    std::filesystem::last_write_time(folder / (ChunkKey{0, i}.hex() + ".chunk"),
                                     std::filesystem::file_time_type::clock::now() - age);
  }
  EXPECT_TRUE(store.find({0, 0}));  // the oldest, but used now
  store.trim();
  EXPECT_EQ(folder.file_count(), 3U);
  EXPECT_TRUE(store.find({0, 0}));
  EXPECT_TRUE(store.find({0, 4}));
  EXPECT_FALSE(store.find({0, 1}));
}

TEST(ChunkStore, ServesManyWritersOfTheSameChunksAtOnce) {
  const test::TempFolder folder;
  std::vector<std::jthread> users;
  for (int user = 0; user < 4; ++user) {
    users.emplace_back([&] {
      ChunkStore store(folder / "work", 1 << 20);
      for (std::uint8_t i = 0; i < 40; ++i) {
        store.keep({0, i}, some_frames(i));
        expect_equal(store.find({0, i}), some_frames(i));
      }
    });
  }
  users.clear();
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder / "work"), {}), 40);
}

TEST(WorkFolder, LiesBesideTheOutput) {
  EXPECT_EQ(work_folder("a/out.ivf"), "a/.out.ivf.fastslow");
  EXPECT_EQ(work_folder("out.ivf"), ".out.ivf.fastslow");
  EXPECT_FALSE(work_folder("-"));
  EXPECT_FALSE(work_folder("/dev/null"));
}

}  // namespace
}  // namespace host
