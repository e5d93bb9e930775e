// Storing and fetching pictures.
#include "cloud/stored_pictures.hh"

#include <algorithm>
#include <map>
#include <utility>

#include "codec/picture_io.hh"
#include "codec/types.hh"

namespace cloud {
namespace {

constexpr std::size_t kLengthBytes = 8;

// What a picture is sealed as.
std::string seal_name(const std::string& object, std::size_t before) {
  return object + "#" + std::to_string(before);
}

// The pictures at the beginning of an object, in stored order, and their seals.
struct Prefix {
  std::vector<vp8::PictureRef> pictures;
  std::vector<std::array<std::uint8_t, kSealBytes>> seals;
};

std::array<std::uint8_t, kSealBytes> seal_of(ByteSpan sealed) {
  std::array<std::uint8_t, kSealBytes> seal{};
  std::copy_n(sealed.end() - kSealBytes, kSealBytes, seal.begin());
  return seal;
}

Prefix read_prefix(
    const SealKey& key, const std::string& object, ByteSpan bytes, int width, int height) {
  Prefix prefix;
  while (!bytes.empty()) {
    const std::string name = seal_name(object, prefix.pictures.size());
    if (bytes.size() < kLengthBytes)
      throw LostObject(object, "ends inside a length");
    const std::uint64_t size = vp8::sections::read_number(bytes.first(kLengthBytes));
    bytes = bytes.subspan(kLengthBytes);
    if (size < kSealBytes || size > bytes.size())
      throw LostObject(object, "has an impossible length");
    const ByteSpan sealed = bytes.first(size);
    bytes = bytes.subspan(size);
    prefix.seals.push_back(seal_of(sealed));
    const Bytes picture = open_sealed(key, name, Bytes(sealed.begin(), sealed.end()));
    const vp8::Picture* const reference =
        prefix.pictures.empty() ? nullptr : &*prefix.pictures.back();
    prefix.pictures.emplace_back(vp8::parse_picture(picture, width, height, reference));
  }
  return prefix;
}

// What is wrong with an object is told in one way.
Prefix fetch_prefix(
    RunObjects& objects, const std::string& object, std::uint64_t size, int width, int height) {
  const Bytes bytes = objects.get_stored(object, size);
  try {
    return read_prefix(objects.key(), object, bytes, width, height);
  } catch (const LostObject&) {
    throw;
  } catch (const Damaged& error) {
    throw LostObject(object, error.what());
  } catch (const vp8::BitstreamError& error) {
    throw LostObject(object, error.what());
  }
}

}  // namespace

StoredPictures store_pictures(const SealKey& key,
                              const std::string& name,
                              std::span<const vp8::PictureRef> pictures) {
  StoredPictures stored;
  stored.spots.resize(pictures.size());
  const vp8::Picture* reference = nullptr;
  for (std::size_t before = 0; before < pictures.size(); ++before) {
    const std::size_t i = pictures.size() - 1 - before;
    const Bytes sealed =
        seal(key, seal_name(name, before), vp8::serialise_picture(*pictures[i], reference));
    vp8::sections::append_number(stored.bytes, sealed.size(), kLengthBytes);
    stored.bytes.insert(stored.bytes.end(), sealed.begin(), sealed.end());
    stored.spots[i] = {name, static_cast<std::uint32_t>(before), stored.bytes.size(),
                       seal_of(sealed)};
    reference = &*pictures[i];
  }
  return stored;
}

std::vector<vp8::PictureRef> fetch_pictures(RunObjects& objects,
                                            std::span<const PictureSpot> spots,
                                            int width,
                                            int height) {
  std::map<std::string, std::uint64_t> wanted;
  for (const PictureSpot& spot : spots)
    wanted[spot.object] = std::max(wanted[spot.object], spot.end);
  std::map<std::string, Prefix> fetched;
  for (const auto& [object, size] : wanted)
    fetched.emplace(object, fetch_prefix(objects, object, size, width, height));
  std::vector<vp8::PictureRef> pictures;
  for (const PictureSpot& spot : spots) {
    const Prefix& prefix = fetched.at(spot.object);
    if (spot.before >= prefix.pictures.size() || prefix.seals[spot.before] != spot.seal)
      throw LostObject(spot.object, "holds other pictures than were stored");
    pictures.push_back(prefix.pictures[spot.before]);
  }
  return pictures;
}

}  // namespace cloud
