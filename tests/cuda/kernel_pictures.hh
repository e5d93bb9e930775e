// Pictures for the kernels to be checked with, decided by the CPU's vector path.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cuda/chunk_progress.hh"
#include "cuda/picture_layout.hh"
#include "tests/cuda/kernel_launches.hh"
#include "tests/oracle/libvpx_oracle.hh"

namespace gpu::test {

/// Pictures to be decided: a key frame, then inter frames that come to have three different
/// references.
struct Clip {
  std::string name;
  oracle::Content content = oracle::Content::kPan;
  int width = 0;
  int height = 0;
  int pictures = 1;
  int q_index = 40;
  int version = 0;
  bool simple_filter = false;
  int sharpness = 0;
  bool sign_bias = false;
  bool far_hints = false;  // that point everywhere, also far out of the picture
  bool segments = false;   // all four, but for one picture without
  bool hidden = false;     // the third picture behind the key frame
  int jump = 0;            // pixels sideways from picture to picture, in place of the content
  Effort effort = Effort::kDefault;
};

/// The clip as a chunk; of another `part`, other pictures.
ChunkJob chunk_of(const Clip& clip, int part);

/// A chunk's next picture as the CPU decides and codes it, and all that this leaves.
class DecidedPicture {
 public:
  explicit DecidedPicture(ChunkProgress& chunk);

  /// Its reconstruction is not filtered yet.
  [[nodiscard]] const PictureTask& task() const { return task_; }
  [[nodiscard]] Subject subject() const { return {task_, references_}; }
  [[nodiscard]] const vp8::FilterRules& rules() const { return rules_; }
  [[nodiscard]] const FilterSearch& filter_search() const { return search_; }
  [[nodiscard]] int filter_level() const { return level_; }
  /// Filtered, borders extended.
  [[nodiscard]] const vp8::Picture& finished() const { return finished_; }

 private:
  PictureTask task_;
  PictureLayout layout_;
  vp8::AlignedVector<std::byte> block_;
  vp8::References references_;
  vp8::FilterRules rules_;
  FilterSearch search_;
  vp8::Picture unfiltered_;
  vp8::Picture filtered_rows_;
  vp8::Picture finished_;
  int level_ = 0;
};

/// Decides `chunks` parts of a clip side by side and calls visit(pictures, index) for each round.
using Round = std::vector<const DecidedPicture*>;
[[nodiscard]] std::vector<Subject> subjects_of(const Round& round);
void for_each_round(const Clip& clip, int chunks, const std::function<void(const Round&)>& visit);

/// Compares all that the first pass of a picture decides, also costs, counts and contexts.
void expect_same_decisions(const PictureTask& got, const PictureTask& wanted);

/// How far around a plane's coded samples to compare.
struct Margins {
  int above = 0;
  int left = 0;
  int below = 0;
  int right = 0;
};
void expect_same_samples(const vp8::ConstPlaneView& got,
                         const vp8::ConstPlaneView& wanted,
                         const Margins& margins);

}  // namespace gpu::test
