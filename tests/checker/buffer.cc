// Memory for kernels under test.
#include "tests/checker/buffer.hh"

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

#include "tests/checker/memory.hh"

namespace checker {
namespace {

constexpr std::size_t kGuardBytes = 4096;
constexpr std::size_t kAlignment = 64;
constexpr int kUnlikely = 0xa5;

struct Free {
  void operator()(void* p) const { std::free(p); }
};

}  // namespace

struct Storage::Parts {
  std::unique_ptr<ByteState, Free> states;  // by calloc: large, and often hardly used
  std::unique_ptr<std::byte, Free> bytes;
  const Region* region = nullptr;
};

void Storage::Delete::operator()(Parts* parts) const {
  remove_region(*parts->region);
  delete parts;
}

Storage::Storage(std::string name,
                 std::size_t bytes,
                 std::size_t element_bytes,
                 Lifetime lifetime) {
  auto parts = std::make_unique<Parts>();
  const std::size_t room = 2 * kGuardBytes + (bytes + kAlignment - 1) / kAlignment *
                                                 kAlignment;  // as aligned_alloc asks
  parts->bytes.reset(static_cast<std::byte*>(std::aligned_alloc(kAlignment, room)));
  parts->states.reset(
      static_cast<ByteState*>(std::calloc(std::max<std::size_t>(bytes, 1), sizeof(ByteState))));
  if (parts->bytes == nullptr || parts->states == nullptr)
    throw std::bad_alloc();
  begin_ = parts->bytes.get() + kGuardBytes;
  parts->region = &add_region(
      {.begin = reinterpret_cast<std::uintptr_t>(begin_),
       .bytes = bytes,
       .kind = lifetime == Lifetime::kTeam ? RegionKind::kTeamBuffer : RegionKind::kBuffer,
       .name = std::move(name),
       .element_bytes = element_bytes,
       .guard_bytes = kGuardBytes,
       .states = parts->states.get()});
  parts_.reset(parts.release());
  std::memset(begin_, kUnlikely, bytes);
}

void Storage::write(std::size_t first, const void* from, std::size_t bytes) {
  if (bytes == 0)
    return;
  std::memcpy(static_cast<std::byte*>(begin_) + first, from, bytes);
  set_initialised(*parts_->region, first, bytes, true);
}

void Storage::poison() {
  std::memset(begin_, kUnlikely, parts_->region->bytes);
  set_initialised(*parts_->region, 0, parts_->region->bytes, false);
}

std::size_t Storage::unwritten_bytes() const {
  const std::span states(parts_->states.get(), parts_->region->bytes);
  return static_cast<std::size_t>(
      std::ranges::count(states, false, [](const ByteState& s) { return s.initialised; }));
}

}  // namespace checker
