// Chunks of made pictures for tests of devices.
#pragma once

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

inline std::vector<ChunkJob> various_chunks() {
  std::vector<ChunkJob> chunks;
  for (const oracle::Content content :
       {oracle::Content::kPan, oracle::Content::kSlow, oracle::Content::kNoise,
        oracle::Content::kCuts, oracle::Content::kFlat, oracle::Content::kScreen}) {
    chunks.push_back(chain_begin(clip_of(content, 95, 71, 4), 8 + 20 * static_cast<int>(content)));
    chunks.push_back(chain_middle(clip_of(content, 64, 48, 4), 30));
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
