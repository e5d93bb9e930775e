// Tests of the bytes of a state: round trips, one form for each value, and refusal of damage.
#include "codec/state_io.hh"

#include <algorithm>
#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <xxhash.h>

namespace vp8 {
namespace {

using Bytes = std::vector<std::uint8_t>;
using Random = std::mt19937;

constexpr std::array<Plane, 3> kAllPlanes = {kPlaneY, kPlaneU, kPlaneV};

// Smooth samples with noise of the given amplitude: flat blocks, textures and edges.
Picture random_picture(int width, int height, unsigned noise, Random& random) {
  Picture picture(width, height);
  for (const Plane plane : kAllPlanes) {
    const PlaneView p = picture.coded(plane);
    const auto slope = static_cast<unsigned>(random() % 5);
    for (int y = 0; y < p.height; ++y) {
      for (int x = 0; x < p.width; ++x) {
        const unsigned texture =
            x > p.width / 2 ? static_cast<unsigned>(random()) % (noise + 1) : 0;
        const unsigned gradient = static_cast<unsigned>(x + y) * slope;
        p.at(y, x) = static_cast<std::uint8_t>(gradient + texture);
      }
    }
  }
  picture.extend_borders();
  return picture;
}

// The picture with one sample in twenty changed a little: what temporal prediction is for.
Picture changed_picture(const Picture& before, Random& random) {
  Picture picture = before;
  for (const Plane plane : kAllPlanes) {
    const PlaneView p = picture.coded(plane);
    for (int y = 0; y < p.height; ++y) {
      for (int x = 0; x < p.width; ++x) {
        if (random() % 20 == 0)
          p.at(y, x) = static_cast<std::uint8_t>(p.at(y, x) + 3);
      }
    }
  }
  picture.extend_borders();
  return picture;
}

Picture flat_picture(int width, int height, std::uint8_t value) {
  Picture picture(width, height);
  for (const Plane plane : kAllPlanes) {
    const PlaneView p = picture.coded(plane);
    for (int y = 0; y < p.height; ++y)
      std::fill_n(p.row(y), p.width, value);
  }
  picture.extend_borders();
  return picture;
}

PictureRef ref(Picture picture) {
  return PictureRef(std::move(picture));
}

template <class T>
void randomise_bytes(T& values, Random& random) {
  auto* bytes = reinterpret_cast<std::uint8_t*>(&values);
  std::generate_n(bytes, sizeof values, [&] { return static_cast<std::uint8_t>(random()); });
}

template <class T>
void randomise_deltas(T& values, int limit, Random& random) {
  for (auto& value : values) {
    value = static_cast<std::int8_t>(static_cast<int>(random() % 1000) % (2 * limit + 1) - limit);
  }
}

void randomise_fields(State& state, Random& random) {
  state.horizontal_scale = random() % 4;
  state.vertical_scale = random() % 4;
  for (bool* flag : {&state.color_space, &state.clamping_type, &state.sign_bias_golden,
                     &state.sign_bias_altref, &state.segmentation.absolute}) {
    *flag = random() % 2 != 0;
  }
  randomise_bytes(state.probs.coef, random);
  randomise_bytes(state.probs.mv, random);
  randomise_bytes(state.probs.y_mode, random);
  randomise_bytes(state.probs.uv_mode, random);
  randomise_deltas(state.segmentation.quantizer, kMaxQIndex, random);
  randomise_deltas(state.segmentation.filter_level, kMaxFilterLevel, random);
  randomise_deltas(state.filter_deltas.ref_frame, kMaxFilterLevel, random);
  randomise_deltas(state.filter_deltas.mode, kMaxFilterLevel, random);
}

// A state of three distinct references.
State random_state(int width, int height, unsigned noise, Random& random) {
  State state;
  state.width = width;
  state.height = height;
  randomise_fields(state, random);
  state.segmentation.map.resize(static_cast<std::size_t>(state.mb_cols() * state.mb_rows()));
  for (auto& segment : state.segmentation.map)
    segment = random() % kSegments;
  state.references.last = ref(random_picture(width, height, noise, random));
  state.references.golden = ref(changed_picture(*state.references.last, random));
  state.references.altref = ref(random_picture(width, height, noise, random));
  return state;
}

State small_state() {
  Random random(5);
  State state = random_state(17, 33, 40, random);
  state.references.altref = state.references.last;
  return state;
}

void expect_round_trip(const State& state, const std::string& what) {
  const Bytes bytes = serialise(state);
  const State parsed = parse_state(bytes);
  EXPECT_TRUE(parsed == state) << what;
  EXPECT_EQ(hash(parsed), hash(state)) << what;
  EXPECT_TRUE(serialise(parsed) == bytes) << what;
}

bool refuses(const Bytes& bytes) {
  try {
    parse_state(bytes);
    return false;
  } catch (const BitstreamError&) {
    return true;
  }
}

std::string refusal(const Bytes& bytes) {
  try {
    parse_state(bytes);
    return "accepted";
  } catch (const BitstreamError& error) {
    return error.what();
  }
}

// Makes the checksum right again after a change, so that the checks behind it are reached.
Bytes resealed(Bytes bytes) {
  const std::size_t end = bytes.size() - 8;
  const std::uint64_t sum = XXH3_64bits(bytes.data(), end);
  for (std::size_t i = 0; i < 8; ++i)
    bytes[end + i] = static_cast<std::uint8_t>(sum >> 8 * i);
  return bytes;
}

TEST(StateIo, RoundTripsTheStateBeforeTheFirstKeyFrame) {
  expect_round_trip(State{}, "default state");
  EXPECT_FALSE(parse_state(serialise(State{})).ready());
}

TEST(StateIo, RoundTripsFieldsWithoutReferences) {
  Random random(1);
  State state;
  randomise_fields(state, random);
  expect_round_trip(state, "fields only");
}

TEST(StateIo, RoundTripsStatesOfAllShapes) {
  Random random(2);
  const std::pair<int, int> sizes[] = {{1, 1},  {17, 33}, {16, 16}, {32, 16},   {16, 48},
                                       {48, 1}, {1, 50},  {64, 64}, {175, 143}, {321, 97}};
  for (const auto& [width, height] : sizes) {
    for (const unsigned noise : {0U, 7U, 255U}) {
      expect_round_trip(
          random_state(width, height, noise, random),
          std::to_string(width) + "x" + std::to_string(height) + " noise " + std::to_string(noise));
    }
  }
}

TEST(StateIo, RoundTripsFlatPictures) {
  State state = small_state();
  for (const int value : {0, 1, 128, 255}) {
    state.references.last = ref(flat_picture(17, 33, static_cast<std::uint8_t>(value)));
    expect_round_trip(state, "flat " + std::to_string(value));
  }
}

TEST(StateIo, FillsTheBordersOfParsedReferences) {
  const State state = small_state();
  const State parsed = parse_state(serialise(state));
  for (const Plane plane : kAllPlanes) {
    const int border = plane == kPlaneY ? Picture::kBorder : Picture::kBorder / 2;
    const ConstPlaneView before = state.references.golden->coded(plane);
    const ConstPlaneView after = parsed.references.golden->coded(plane);
    for (int y = -border; y < before.height + border; ++y) {
      for (int x = -border; x < before.width + border; ++x) {
        ASSERT_EQ(after.at(y, x), before.at(y, x))
            << "plane " << int{plane} << " " << y << "," << x;
      }
    }
  }
}

TEST(StateIo, StoresEqualReferencesOnceAndSharesThemAfterwards) {
  Random random(3);
  State state = random_state(64, 48, 60, random);
  const Bytes three = serialise(state);
  state.references.altref = state.references.golden;
  const Bytes two = serialise(state);
  state.references.golden = ref(Picture(*state.references.last));
  state.references.altref = state.references.last;
  const Bytes one = serialise(state);
  EXPECT_LT(one.size(), two.size());
  EXPECT_LT(two.size(), three.size());
  const State parsed_one = parse_state(one);
  EXPECT_TRUE(parsed_one.references.last.same_object(parsed_one.references.golden));
  EXPECT_TRUE(parsed_one.references.last.same_object(parsed_one.references.altref));
  const State parsed_two = parse_state(two);
  EXPECT_FALSE(parsed_two.references.last.same_object(parsed_two.references.golden));
  EXPECT_TRUE(parsed_two.references.golden.same_object(parsed_two.references.altref));
}

TEST(StateIo, RoundTripsEverySharingOfReferences) {
  Random random(4);
  const State base = random_state(20, 20, 60, random);
  const PictureRef pictures[] = {base.references.last, base.references.golden,
                                 base.references.altref};
  for (std::size_t i = 0; i < 27; ++i) {
    State state = base;
    state.references = {pictures[i % 3], pictures[i / 3 % 3], pictures[i / 9]};
    expect_round_trip(state, "sharing " + std::to_string(i));
  }
}

TEST(StateIo, WritesTheSameBytesWhateverIsSharedAndWhateverTheBordersHold) {
  State state = small_state();
  const Bytes shared = serialise(state);
  Picture copy = *state.references.last;
  for (const Plane plane : kAllPlanes) {
    const PlaneView p = copy.coded(plane);
    for (int y = -8; y < p.height + 8; ++y) {
      std::fill_n(p.row(y) - 8, 8, std::uint8_t{77});
      std::fill_n(p.row(y) + p.width, 8, std::uint8_t{200});
    }
  }
  state.references.altref = ref(Picture(copy));
  state.references.last = ref(std::move(copy));
  EXPECT_TRUE(serialise(state) == shared);
}

TEST(StateIo, RefusesEveryTruncation) {
  const Bytes bytes = serialise(small_state());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    ASSERT_TRUE(refuses(Bytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size))))
        << size;
  }
}

TEST(StateIo, RefusesEveryFlippedBit) {
  Bytes bytes = serialise(small_state());
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    const auto mask = static_cast<std::uint8_t>(1U << bit % 8);
    bytes[bit / 8] ^= mask;
    ASSERT_TRUE(refuses(bytes)) << "bit " << bit;
    bytes[bit / 8] ^= mask;
  }
  EXPECT_FALSE(refuses(bytes));
}

// Without the checksum's help: bytes that say something else are fine, another form of it is not.
TEST(StateIo, AcceptsNothingThatItWouldNotWrite) {
  Bytes bytes = serialise(small_state());
  for (std::size_t bit = 0; bit < 8 * (bytes.size() - 8); bit += 5) {
    const auto mask = static_cast<std::uint8_t>(1U << bit % 8);
    bytes[bit / 8] ^= mask;
    const Bytes sealed = resealed(bytes);
    bytes[bit / 8] ^= mask;
    try {
      ASSERT_TRUE(serialise(parse_state(sealed)) == sealed) << "bit " << bit;
    } catch (const BitstreamError&) {
      continue;
    }
  }
}

TEST(StateIo, RefusesBytesBehindTheEnd) {
  Bytes bytes = serialise(small_state());
  bytes.insert(bytes.end(), 3, 0);
  EXPECT_TRUE(refuses(bytes));
  EXPECT_NE(refusal(resealed(bytes)).find("state, end at byte"), std::string::npos);
}

TEST(StateIo, SaysWhereAndWhatIsWrong) {
  const Bytes good = serialise(small_state());
  Bytes bad = good;
  bad[0] = 'X';
  EXPECT_EQ(refusal(bad), "state, header at byte 0: not a state");
  bad = good;
  bad[8] = 9;
  EXPECT_EQ(refusal(bad), "state, header at byte 8: unknown version 9");
  bad = good;
  bad[20] ^= 1;
  EXPECT_NE(refusal(bad).find("state, checksum at byte"), std::string::npos);
  bad = good;
  bad[10] = 0xff;
  EXPECT_EQ(refusal(resealed(bad)), "state, header at byte 9: impossible size");
  bad = good;
  bad[13] = 2;
  EXPECT_EQ(refusal(resealed(bad)), "state, header at byte 13: impossible references");
  bad = good;
  bad[9] = 200;
  EXPECT_NE(refusal(resealed(bad)).find("state, fields at byte 15"), std::string::npos);
}

TEST(StateIo, RefusesToWriteWhatNoStreamLeadsTo) {
  State state = small_state();
  state.references.golden = {};
  EXPECT_THROW(serialise(state), Unsupported);
  state = small_state();
  state.segmentation.map.pop_back();
  EXPECT_THROW(serialise(state), Unsupported);
  state = small_state();
  state.segmentation.map[0] = kSegments;
  EXPECT_THROW(serialise(state), Unsupported);
  state = small_state();
  state.width = 18;
  EXPECT_THROW(serialise(state), Unsupported);
  state = small_state();
  state.filter_deltas.mode[2] = 64;
  EXPECT_THROW(serialise(state), Unsupported);
}

}  // namespace
}  // namespace vp8
