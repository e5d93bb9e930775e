// Raw pictures in the store, compressed without loss.
//
// The pictures of a chunk make one object. The last one stands alone, for the next chunk wants just
// it; each other one is coded against the one shown after it. So the first bytes of an object hold
// its last pictures:
//
//   length last picture | length picture before | ... | length first picture
//
// Every picture is sealed by itself.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "cloud/bytes.hh"
#include "cloud/run_objects.hh"
#include "cloud/seal.hh"
#include "codec/picture.hh"

namespace cloud {

/// Where a picture is.
struct PictureSpot {
  std::string object;
  std::uint32_t before = 0;  ///< pictures that are stored before it in its object
  std::uint64_t end = 0;     ///< bytes of the object up to its end
  std::array<std::uint8_t, kSealBytes> seal{};  ///< of its bytes: names what they are

  bool operator==(const PictureSpot&) const = default;
};

/// An object of pictures.
struct StoredPictures {
  Bytes bytes;
  std::vector<PictureSpot> spots;  ///< one a picture, in the order of showing
};

/// Stores pictures of one size, given in the order of showing, as an object of this name.
StoredPictures store_pictures(const SealKey& key,
                              const std::string& name,
                              std::span<const vp8::PictureRef> pictures);

/// Fetches pictures of one size: each object once, and only as much of it as is needed. Equal spots
/// share a picture. Throws LostObject where one is missing, damaged, or not the one meant.
std::vector<vp8::PictureRef> fetch_pictures(RunObjects& objects,
                                            std::span<const PictureSpot> spots,
                                            int width,
                                            int height);

}  // namespace cloud
