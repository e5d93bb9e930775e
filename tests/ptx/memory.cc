// Global memory: buffers that the host registered, with what is known about each byte.
#include "tests/ptx/memory.hh"

#include <fmt/format.h>

#include "tests/ptx/interpreter.hh"

namespace ptx {

Buffer& Memory::add(void* address, std::size_t size_bytes, std::string name, bool constant) {
  const auto start = reinterpret_cast<std::uintptr_t>(address);
  if (size_bytes == 0)
    throw Fault("buffer '" + name + "' is empty");
  const auto next = buffers_.lower_bound(start);
  const bool into_next = next != buffers_.end() && next->first - start < size_bytes;
  const bool into_previous =
      next != buffers_.begin() && std::prev(next)->second->contains(start, 1);
  if (into_next || into_previous) {
    const Buffer& other = into_next ? *next->second : *std::prev(next)->second;
    throw Fault("buffer '" + name + "' overlaps '" + other.name + "'");
  }
  auto buffer = std::make_unique<Buffer>(address, size_bytes, std::move(name), constant);
  return *(buffers_[start] = std::move(buffer));
}

void Memory::remove(const void* address) {
  if (buffers_.erase(reinterpret_cast<std::uintptr_t>(address)) == 0)
    throw Fault(fmt::format("no buffer starts at {}", address));
  last_ = nullptr;
}

const Buffer* Memory::find(std::uint64_t address, std::size_t size_bytes) const {
  auto next = buffers_.upper_bound(address);
  if (next == buffers_.begin())
    return nullptr;
  const Buffer* buffer = std::prev(next)->second.get();
  return buffer->contains(address, size_bytes) ? buffer : nullptr;
}

Buffer* Memory::search(std::uint64_t address, std::size_t size_bytes) {
  auto next = buffers_.upper_bound(address);
  if (next == buffers_.begin())
    return nullptr;
  Buffer* buffer = std::prev(next)->second.get();
  if (!buffer->contains(address, size_bytes))
    return nullptr;
  return last_ = buffer;
}

std::string Memory::whereabouts(std::uint64_t address) const {
  const auto next = buffers_.upper_bound(address);
  const Buffer* below = next == buffers_.begin() ? nullptr : std::prev(next)->second.get();
  const Buffer* above = next == buffers_.end() ? nullptr : next->second.get();
  if (below != nullptr && address - below->address < below->size_bytes)
    return fmt::format("at offset {} of '{}' ({} bytes)", address - below->address, below->name,
                       below->size_bytes);
  const std::uint64_t behind =
      below == nullptr ? ~std::uint64_t{0} : address - below->address - below->size_bytes;
  const std::uint64_t before = above == nullptr ? ~std::uint64_t{0} : above->address - address;
  if (below != nullptr && behind <= before)
    return fmt::format("{} bytes behind the end of '{}' ({} bytes)", behind, below->name,
                       below->size_bytes);
  if (above != nullptr)
    return fmt::format("{} bytes before '{}' ({} bytes)", before, above->name, above->size_bytes);
  return "and no buffer is registered";
}

}  // namespace ptx
