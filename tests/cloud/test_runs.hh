// Encodes for the tests of cloud/: a synthetic video, by the local pipeline and by workers.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "cloud/coordinator.hh"
#include "host/pipeline.hh"
#include "tests/oracle/libvpx_oracle.hh"

namespace cloud::test {

/// The pictures of a synthetic clip.
class SyntheticSource : public host::PictureSource {
 public:
  SyntheticSource(int width, int height, oracle::Content content, int pictures)
      : content_(content), pictures_(pictures) {
    info_.width = width;
    info_.height = height;
  }

  const host::StreamInfo& info() const override { return info_; }
  std::optional<vp8::Picture> next() override {
    if (next_ == pictures_)
      return {};
    vp8::Picture picture = oracle::synthetic_picture(info_.width, info_.height, content_, next_++);
    picture.extend_borders();
    return picture;
  }

 private:
  oracle::Content content_;
  int pictures_;
  int next_ = 0;
  host::StreamInfo info_;
};

/// A video to encode.
struct Clip {
  int width = 64;
  int height = 48;
  oracle::Content content = oracle::Content::kSlow;
  int pictures = 40;

  SyntheticSource open() const { return {width, height, content, pictures}; }
  std::unique_ptr<host::PictureSource> open_again() const {
    return std::make_unique<SyntheticSource>(width, height, content, pictures);
  }
};

/// A plan for it.
inline host::Plan plan_of(const Clip& clip, int chunk_frames, int chunks_per_chain) {
  host::Plan plan;
  plan.width = clip.width;
  plan.height = clip.height;
  plan.chunk_frames = chunk_frames;
  plan.chunks_per_chain = chunks_per_chain;
  plan.cq16 = 30 * host::kCqParts;
  return plan;
}

/// What came of an encode.
struct Encoded {
  std::vector<Bytes> frames;
  std::vector<std::int64_t> pictures;  ///< that they belong to
  host::EncodeSummary summary;

  void add(const host::CodedFrame& frame) {
    frames.emplace_back(frame.bytes.begin(), frame.bytes.end());
    pictures.push_back(frame.picture);
  }
};

/// Expects equality in all but times.
inline void expect_equal(const Encoded& a, const Encoded& b) {
  EXPECT_EQ(a.pictures, b.pictures);
  ASSERT_EQ(a.frames.size(), b.frames.size());
  for (std::size_t i = 0; i < a.frames.size(); ++i)
    ASSERT_EQ(a.frames[i], b.frames[i]) << "frame " << i;
  EXPECT_EQ(a.summary.pictures, b.summary.pictures);
  EXPECT_EQ(a.summary.bytes, b.summary.bytes);
  EXPECT_EQ(a.summary.quality, b.summary.quality);
  EXPECT_EQ(a.summary.state_hash, b.summary.state_hash);
}

inline Encoded encode_locally(const Clip& clip, const host::Plan& plan) {
  Encoded encoded;
  SyntheticSource source = clip.open();
  const auto device = gpu::make_cpu_device();
  encoded.summary =
      host::encode_video(source, plan, {.threads = 2, .limit = -1, .on_progress = {}}, *device,
                         [&](const host::CodedFrame& frame) { encoded.add(frame); });
  return encoded;
}

}  // namespace cloud::test
