// Samples: which chains stand for a video, and that exactly their pictures come.
#include "host/sample.hh"

#include <gtest/gtest.h>

namespace host {
namespace {

Plan plan_of(int chunk_frames, int chunks_per_chain) {
  Plan plan;
  plan.chunk_frames = chunk_frames;
  plan.chunks_per_chain = chunks_per_chain;
  return plan;
}

// Tiny pictures whose first sample is their number.
class NumberedSource final : public PictureSource {
 public:
  explicit NumberedSource(int pictures) : pictures_(pictures) {
    info_.width = 16;
    info_.height = 16;
    info_.frame_rate = {30, 1};
    info_.picture_count = pictures;
  }
  const StreamInfo& info() const override { return info_; }
  std::optional<vp8::Picture> next() override {
    if (next_ == pictures_)
      return std::nullopt;
    vp8::Picture picture(info_.width, info_.height);
    picture.shown(vp8::kPlaneY).at(0, 0) = static_cast<std::uint8_t>(next_++);
    return picture;
  }
  int read() const { return next_; }

 private:
  int pictures_;
  int next_ = 0;
  StreamInfo info_;
};

std::vector<int> numbers_of(PictureSource& source) {
  std::vector<int> numbers;
  while (const std::optional<vp8::Picture> picture = source.next())
    numbers.push_back(picture->shown(vp8::kPlaneY).at(0, 0));
  return numbers;
}

TEST(Sample, IsNotTakenWhereItSavesLittle) {
  EXPECT_FALSE(choose_sample(plan_of(6, 16), 480));
  EXPECT_FALSE(choose_sample(plan_of(1, 1), 480));
  EXPECT_FALSE(choose_sample(plan_of(6, 16), 575));  // two chains would be all that half of it has
  EXPECT_TRUE(choose_sample(plan_of(6, 16), 576));
  EXPECT_FALSE(choose_sample(plan_of(6, 0), 1000000));
  EXPECT_FALSE(choose_sample(plan_of(100, 100), 59999));
  EXPECT_TRUE(choose_sample(plan_of(100, 100), 60000));
}

TEST(Sample, IsSpreadEvenlyAndWhole) {
  for (const auto& [n, x] :
       {std::pair(6, 16), std::pair(1, 1), std::pair(24, 4), std::pair(7, 30)}) {
    for (const std::int64_t pictures : {1300, 2000, 86400, 10000000}) {
      const std::optional<Sample> sample = choose_sample(plan_of(n, x), pictures);
      ASSERT_TRUE(sample);
      const auto count = static_cast<std::int64_t>(sample->chains.size());
      EXPECT_EQ(sample->chain_pictures, n * x);
      EXPECT_GE(count, 3);
      EXPECT_LE(sample->pictures(), std::min<std::int64_t>(pictures / 2, std::max(480, 3 * n * x)));
      EXPECT_GE(sample->pictures(), 240);
      for (std::int64_t i = 0; i < count; ++i) {
        // Chain i lies in the i-th of `count` equal parts.
        const std::int64_t first = sample->chains[static_cast<std::size_t>(i)] * n * x;
        EXPECT_GE(first + n * x, pictures * i / count) << n << " " << x << " " << pictures;
        EXPECT_LE(first + n * x, pictures * (i + 1) / count) << n << " " << x << " " << pictures;
      }
    }
  }
}

TEST(Sample, PassesItsPicturesAndReadsNoFurther) {
  NumberedSource whole(40);
  SampledSource source(whole, {.chain_pictures = 4, .chains = {1, 2, 7}});
  EXPECT_EQ(source.info().picture_count, 12);
  EXPECT_EQ(source.info().frame_rate, whole.info().frame_rate);
  EXPECT_EQ(numbers_of(source), (std::vector<int>{4, 5, 6, 7, 8, 9, 10, 11, 28, 29, 30, 31}));
  EXPECT_EQ(whole.read(), 32);
}

TEST(Sample, EndsWithTheVideo) {
  NumberedSource whole(10);
  SampledSource source(whole, {.chain_pictures = 4, .chains = {0, 2, 3}});
  EXPECT_EQ(numbers_of(source), (std::vector<int>{0, 1, 2, 3, 8, 9}));
  EXPECT_FALSE(source.next());
}

}  // namespace
}  // namespace host
