// The digest of a state, and references by value.
#include "codec/state.hh"

#include <memory>
#include <type_traits>

#include <xxhash.h>

namespace vp8 {
namespace {

// Feeds values to one running XXH3 in a fixed order and byte order.
class Digest {
 public:
  Digest() : state_(XXH3_createState(), &XXH3_freeState) { XXH3_64bits_reset(state_.get()); }

  void bytes(const void* data, std::size_t size) { XXH3_64bits_update(state_.get(), data, size); }
  void number(std::int64_t value) {
    std::array<std::uint8_t, 8> little;
    for (std::size_t i = 0; i < 8; ++i)
      little[i] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(value) >> 8 * i);
    bytes(little.data(), little.size());
  }
  template <class T>
  void array(const T& values) {
    static_assert(sizeof(typename T::value_type) == 1 ||
                  !std::is_arithmetic_v<typename T::value_type>);
    static_assert(std::has_unique_object_representations_v<T>);
    bytes(&values, sizeof values);
  }
  void picture(const PictureRef& ref) {
    number(ref ? 1 : 0);
    if (!ref)
      return;
    number(ref->width());
    number(ref->height());
    for (const Plane plane : {kPlaneY, kPlaneU, kPlaneV}) {
      const ConstPlaneView p = ref->coded(plane);
      for (int y = 0; y < p.height; ++y)
        bytes(p.row(y), static_cast<std::size_t>(p.width));
    }
  }
  std::uint64_t finish() { return XXH3_64bits_digest(state_.get()); }

 private:
  std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state_;
};

}  // namespace

References share_equal(References references) {
  if (references.golden == references.last)
    references.golden = references.last;
  if (references.altref == references.last) {
    references.altref = references.last;
  } else if (references.altref == references.golden) {
    references.altref = references.golden;
  }
  return references;
}

std::uint64_t hash(const State& state) {
  Digest digest;
  for (const std::int64_t value :
       {std::int64_t{state.width}, std::int64_t{state.height}, std::int64_t{state.horizontal_scale},
        std::int64_t{state.vertical_scale}, std::int64_t{state.color_space},
        std::int64_t{state.clamping_type}, std::int64_t{state.sign_bias_golden},
        std::int64_t{state.sign_bias_altref}, std::int64_t{state.segmentation.absolute}}) {
    digest.number(value);
  }
  digest.array(state.probs.coef);
  digest.array(state.probs.mv);
  digest.array(state.probs.y_mode);
  digest.array(state.probs.uv_mode);
  digest.array(state.segmentation.quantizer);
  digest.array(state.segmentation.filter_level);
  digest.number(static_cast<std::int64_t>(state.segmentation.map.size()));
  digest.bytes(state.segmentation.map.data(), state.segmentation.map.size());
  digest.array(state.filter_deltas.ref_frame);
  digest.array(state.filter_deltas.mode);
  // Equal references hash alike whether they share memory or not.
  digest.picture(state.references.last);
  digest.picture(state.references.golden);
  digest.picture(state.references.altref);
  return digest.finish();
}

}  // namespace vp8
