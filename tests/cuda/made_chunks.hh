// Chunks of made pictures for tests of devices.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include <gtest/gtest.h>

#include "cuda/device.hh"
#include "tests/oracle/lockstep.hh"

namespace gpu::test {

using vp8::PictureRef;

inline vp8::FrameHeader key_header(int width, int height, int q_index) {
  vp8::FrameHeader header;
  header.key_frame = true;
  header.width = static_cast<std::uint16_t>(width);
  header.height = static_cast<std::uint16_t>(height);
  header.quant.y_ac_qi = static_cast<std::uint8_t>(q_index);
  return header;
}

inline vp8::FrameHeader inter_header(int q_index, bool golden) {
  vp8::FrameHeader header;
  header.key_frame = false;
  header.refresh_golden_frame = header.refresh_alternate_frame = golden;
  header.quant.y_ac_qi = static_cast<std::uint8_t>(q_index);
  return header;
}

// Gives a picture's macroblocks all four segments, and these quantisers and filter levels. They are
// sent with key frames, replacing the frame's, and with every third picture behind them, as
// differences; a picture between them has but a map.
inline void add_segments(PictureJob& job, int index) {
  vp8::FrameHeader& header = job.header;
  header.segmentation_enabled = true;
  vp8::SegmentationUpdate& s = header.segmentation;
  s.update_map = true;
  s.update_data = header.key_frame || index % 3 != 2;
  s.absolute = header.key_frame;
  if (s.update_data) {
    const int q_index = header.quant.y_ac_qi;
    const auto q = [&](int delta) {
      const int value = std::clamp(q_index + delta, 0, vp8::kMaxQIndex);
      return static_cast<std::int8_t>(s.absolute ? value : value - q_index);
    };
    s.quantizer = {q(-25), std::nullopt, q(9), q(40)};
    s.filter_level = {std::int8_t{10}, std::nullopt, std::int8_t{3}, std::int8_t{30}};
  }
  const int macroblocks = job.source->mb_rows() * job.source->mb_cols();
  for (int i = 0; i < macroblocks; ++i)
    job.segments.push_back(
        static_cast<std::uint8_t>((i + i / 3 + index + header.quant.y_ac_qi) % vp8::kSegments));
}

// A picture that nobody sees: it becomes the alternate reference, whose place golden takes.
inline void hide(vp8::FrameHeader& header) {
  header.show_frame = header.refresh_last = header.refresh_golden_frame = false;
  header.refresh_alternate_frame = true;
  header.copy_buffer_to_golden = 2;
}

inline std::vector<PictureRef> clip_of(oracle::Content content,
                                       int width,
                                       int height,
                                       int pictures) {
  std::vector<PictureRef> clip;
  for (int i = 0; i < pictures; ++i) {
    vp8::Picture picture = oracle::synthetic_picture(width, height, content, i);
    picture.extend_borders();
    clip.emplace_back(std::move(picture));
  }
  return clip;
}

// A chunk that begins a chain, its golden picture refreshed in the middle.
inline ChunkJob chain_begin(const std::vector<PictureRef>& pictures, int q_index) {
  ChunkJob chunk;
  chunk.want_exit = true;
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    const PictureRef& source = pictures[i];
    chunk.pictures.push_back({source,
                              i == 0 ? key_header(source->width(), source->height(), q_index)
                                     : inter_header(q_index, i == pictures.size() / 2),
                              {}});
  }
  return chunk;
}

// The same without the key frame, on a real state.
inline ChunkJob chain_middle(const std::vector<PictureRef>& pictures, int q_index) {
  ChunkJob chunk = chain_begin(pictures, q_index);
  chunk.entry = make_cpu_device()->first_pass({chain_begin({pictures[0]}, q_index + 20)})[0].exit;
  chunk.pictures.erase(chunk.pictures.begin());
  return chunk;
}

// The chunk at this effort, with segments, a hidden picture before the last one if there are three,
// and vectors into the alternate reference that turn round.
inline ChunkJob varied(ChunkJob chunk, Effort effort) {
  for (std::size_t i = 0; i < chunk.pictures.size(); ++i) {
    PictureJob& job = chunk.pictures[i];
    job.effort = effort;
    add_segments(job, static_cast<int>(i));
    if (job.header.key_frame)
      continue;
    job.header.sign_bias_alternate = true;
    if (i + 2 == chunk.pictures.size())
      hide(job.header);
  }
  return chunk;
}

inline std::vector<ChunkJob> various_chunks() {
  std::vector<ChunkJob> chunks;
  for (const oracle::Content content :
       {oracle::Content::kPan, oracle::Content::kSlow, oracle::Content::kNoise,
        oracle::Content::kCuts, oracle::Content::kFlat, oracle::Content::kScreen}) {
    chunks.push_back(chain_begin(clip_of(content, 95, 71, 4), 8 + 20 * static_cast<int>(content)));
    const auto effort = static_cast<Effort>(static_cast<int>(content) % 3);
    chunks.push_back(varied(chain_middle(clip_of(content, 64, 48, 4), 30), effort));
  }
  chunks.push_back(chain_begin(clip_of(oracle::Content::kPan, 17, 33, 3), 0));
  chunks.push_back(chain_begin(clip_of(oracle::Content::kPan, 1, 1, 3), 127));
  return chunks;
}

inline void expect_equal(const ChunkResult& a, const ChunkResult& b) {
  ASSERT_EQ(a.decisions.size(), b.decisions.size());
  for (std::size_t i = 0; i < a.decisions.size(); ++i) {
    EXPECT_EQ(a.decisions[i].header, b.decisions[i].header) << "picture " << i;
    EXPECT_EQ(a.decisions[i].modes, b.decisions[i].modes) << "picture " << i;
  }
  EXPECT_EQ(hash(a.exit), hash(b.exit));
}

}  // namespace gpu::test
