// Writing and reading states.
#include "codec/state_io.hh"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <string>
#include <utility>

#include <xxhash.h>

#include "codec/picture_io.hh"
#include "codec/sections.hh"

namespace vp8 {
namespace {

using sections::append_number;
using sections::append_section;
using sections::read_number;
using sections::SectionReader;

using Bytes = std::vector<std::uint8_t>;
using ByteSpan = std::span<const std::uint8_t>;

constexpr std::array<std::uint8_t, 8> kMagic = {'V', 'P', '8', 'S', 'T', 'A', 'T', 'E'};
constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kHeaderSize = kMagic.size() + 1 + 2 + 2 + 1 + 1;
constexpr std::size_t kChecksumSize = 8;

[[noreturn]] void fail(const std::string& section, std::size_t offset, const std::string& what) {
  sections::fail("state, " + section, offset, what);
}

// --- Fields ---

class FieldPacker {
 public:
  void number(const std::uint8_t& value, std::uint8_t max) {
    require(value <= max);
    bytes_.push_back(value);
  }
  void flag(const bool& value) { bytes_.push_back(value ? 1 : 0); }
  void deltas(const std::array<std::int8_t, 4>& values, int limit) {
    for (const std::int8_t value : values) {
      require(value >= -limit && value <= limit);
      bytes_.push_back(static_cast<std::uint8_t>(value));
    }
  }
  template <class T>
  void probabilities(const T& values) {
    const ByteSpan bytes(reinterpret_cast<const std::uint8_t*>(&values), sizeof values);
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  }
  Bytes take() { return std::move(bytes_); }

 private:
  static void require(bool in_range) {
    if (!in_range)
      throw Unsupported("a field of the state is out of the range that VP8 can send");
  }

  Bytes bytes_;
};

class FieldUnpacker {
 public:
  FieldUnpacker(ByteSpan bytes, std::size_t section) : bytes_(bytes), section_(section) {}

  void number(std::uint8_t& value, std::uint8_t max) {
    value = next();
    if (value > max)
      refuse(value);
  }
  void flag(bool& value) {
    std::uint8_t byte = 0;
    number(byte, 1);
    value = byte != 0;
  }
  void deltas(std::array<std::int8_t, 4>& values, int limit) {
    for (std::int8_t& value : values) {
      value = static_cast<std::int8_t>(next());
      if (value < -limit || value > limit)
        refuse(value);
    }
  }
  template <class T>
  void probabilities(T& values) {
    std::memcpy(&values, bytes_.data() + position_, sizeof values);
    position_ += sizeof values;
  }

 private:
  std::uint8_t next() { return bytes_[position_++]; }
  [[noreturn]] void refuse(int value) const {
    fail("fields", section_,
         "value " + std::to_string(value) + " at position " + std::to_string(position_ - 1) +
             " is out of range");
  }

  ByteSpan bytes_;
  std::size_t section_;
  std::size_t position_ = 0;
};

// Everything but the size and the references; the segment map has its length already.
template <class Fields, class S>
void visit_fields(Fields& fields, S& state) {
  fields.number(state.horizontal_scale, 3);
  fields.number(state.vertical_scale, 3);
  fields.flag(state.color_space);
  fields.flag(state.clamping_type);
  fields.flag(state.sign_bias_golden);
  fields.flag(state.sign_bias_altref);
  fields.probabilities(state.probs.coef);
  fields.probabilities(state.probs.mv);
  fields.probabilities(state.probs.y_mode);
  fields.probabilities(state.probs.uv_mode);
  fields.flag(state.segmentation.absolute);
  fields.deltas(state.segmentation.quantizer, kMaxQIndex);
  fields.deltas(state.segmentation.filter_level, kMaxFilterLevel);
  fields.deltas(state.filter_deltas.ref_frame, kMaxFilterLevel);
  fields.deltas(state.filter_deltas.mode, kMaxFilterLevel);
  for (auto& segment : state.segmentation.map)
    fields.number(segment, kSegments - 1);
}

Bytes pack_fields(const State& state) {
  FieldPacker fields;
  visit_fields(fields, state);
  return fields.take();
}

// --- The whole ---

constexpr std::array<RefFrame, 3> kReferences = {LAST_FRAME, GOLDEN_FRAME, ALTREF_FRAME};

// The distinct pictures of a state in the order of kReferences, and which one each reference is.
struct Distinct {
  std::vector<const Picture*> pictures;
  std::array<std::uint8_t, 3> indices{};
};

Distinct distinct_pictures(const References& references) {
  Distinct out;
  for (std::size_t i = 0; i < kReferences.size(); ++i) {
    const PictureRef& ref = references[kReferences[i]];
    std::size_t first = 0;
    while (!(references[kReferences[first]] == ref))
      ++first;
    if (first == i) {
      out.indices[i] = static_cast<std::uint8_t>(out.pictures.size());
      out.pictures.push_back(&*ref);
    } else {
      out.indices[i] = out.indices[first];
    }
  }
  return out;
}

constexpr std::size_t index_of(std::ptrdiff_t value) {
  return static_cast<std::size_t>(value);
}

void check_consistent(const State& state) {
  const bool ready = state.ready();
  bool consistent =
      ready ? state.width > 0 && state.height > 0 : state.width == 0 && state.height == 0;
  for (const RefFrame frame : kReferences) {
    const PictureRef& ref = state.references[frame];
    consistent = consistent && static_cast<bool>(ref) == ready;
    if (ref)
      consistent = consistent && ref->width() == state.width && ref->height() == state.height;
  }
  const std::size_t macroblocks = index_of(state.mb_cols()) * index_of(state.mb_rows());
  if (!consistent || state.segmentation.map.size() != macroblocks) {
    throw Unsupported("a state whose size, references and segment map do not fit together");
  }
}

void read_header(ByteSpan bytes, State& state, std::array<std::uint8_t, 3>& indices) {
  if (bytes.size() < kHeaderSize + kChecksumSize)
    fail("header", bytes.size(), "too few bytes");
  if (!std::equal(kMagic.begin(), kMagic.end(), bytes.begin()))
    fail("header", 0, "not a state");
  const std::size_t version = kMagic.size();
  if (bytes[version] != kVersion) {
    fail("header", version, "unknown version " + std::to_string(bytes[version]));
  }
  const std::size_t end = bytes.size() - kChecksumSize;
  if (read_number(bytes.subspan(end)) != XXH3_64bits(bytes.data(), end)) {
    fail("checksum", end, "does not match: damaged or cut short");
  }
  state.width = static_cast<int>(read_number(bytes.subspan(version + 1, 2)));
  state.height = static_cast<int>(read_number(bytes.subspan(version + 3, 2)));
  if (state.width > kMaxDimension || state.height > kMaxDimension ||
      (state.width == 0) != (state.height == 0)) {
    fail("header", version + 1, "impossible size");
  }
  indices = {0, bytes[version + 5], bytes[version + 6]};
  if (indices[1] > 1 || indices[2] > indices[1] + 1 ||
      (state.width == 0 && indices[2] + indices[1] > 0)) {
    fail("header", version + 5, "impossible references");
  }
}

void read_references(SectionReader& sections,
                     const std::array<std::uint8_t, 3>& indices,
                     State& state) {
  std::array<PictureRef, 3> pictures;
  const int count = 1 + std::max(indices[1], indices[2]);
  for (int i = 0; i < count; ++i) {
    const Picture* reference = i > 0 ? &*pictures[0] : nullptr;
    pictures[index_of(i)] = PictureRef(read_picture(sections, "picture " + std::to_string(i),
                                                    state.width, state.height, reference));
  }
  state.references = {pictures[0], pictures[indices[1]], pictures[indices[2]]};
}

}  // namespace

std::vector<std::uint8_t> serialise(const State& state) {
  check_consistent(state);
  Bytes out(kMagic.begin(), kMagic.end());
  append_number(out, kVersion, 1);
  append_number(out, static_cast<std::uint64_t>(state.width), 2);
  append_number(out, static_cast<std::uint64_t>(state.height), 2);
  const Distinct distinct = state.ready() ? distinct_pictures(state.references) : Distinct{};
  append_number(out, distinct.indices[1], 1);
  append_number(out, distinct.indices[2], 1);
  append_section(out, pack_fields(state));
  for (const Picture* picture : distinct.pictures) {
    const bool first = picture == distinct.pictures.front();
    append_picture(out, *picture, first ? nullptr : distinct.pictures.front());
  }
  append_number(out, XXH3_64bits(out.data(), out.size()), kChecksumSize);
  return out;
}

State parse_state(std::span<const std::uint8_t> bytes) {
  State state;
  std::array<std::uint8_t, 3> indices{};
  read_header(bytes, state, indices);
  SectionReader sections("state", bytes.first(bytes.size() - kChecksumSize), kHeaderSize);
  const std::size_t macroblocks = index_of(state.mb_cols()) * index_of(state.mb_rows());
  const Bytes fields = sections.next("fields", pack_fields(State{}).size() + macroblocks);
  state.segmentation.map.resize(macroblocks);
  FieldUnpacker unpacker(fields, sections.start());
  visit_fields(unpacker, state);
  if (state.width > 0)
    read_references(sections, indices, state);
  sections.expect_end();
  // One state has one form: other block codes, compression or references stored twice are refused.
  const Bytes canonical = serialise(state);
  const auto difference = std::ranges::mismatch(canonical, bytes);
  if (difference.in1 != canonical.end() || difference.in2 != bytes.end()) {
    fail("contents", index_of(difference.in2 - bytes.begin()),
         "not as serialise() writes them (or by another zstd release)");
  }
  return state;
}

}  // namespace vp8
