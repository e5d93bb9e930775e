#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

#include "tests/cudart/memory.hh"

namespace cudart_standin {
namespace {

std::size_t extent(const Rectangle& rectangle, std::size_t width_bytes, std::size_t height) {
  return (height - 1) * rectangle.pitch + width_bytes;
}

bool from_device(cudaMemcpyKind kind) {
  return kind == cudaMemcpyDeviceToHost || kind == cudaMemcpyDeviceToDevice;
}

bool to_device(cudaMemcpyKind kind) {
  return kind == cudaMemcpyHostToDevice || kind == cudaMemcpyDeviceToDevice;
}

}  // namespace

/// A copy whose pointers are known to be what its kind says. Blocks are null for pageable memory.
struct Memory::Resolved {
  Copy copy;
  Block* to = nullptr;
  Block* from = nullptr;
  /// The source as it was at the call, where the runtime may not read it later.
  std::shared_ptr<std::vector<std::byte>> staged;
};

Block* Memory::check_device_side(const void* address, std::size_t extent_bytes, const char* what) {
  Block* const block = book_.find(address);
  if (!on_device(block)) {
    refuse(std::string(what) + " " + address_text(address) + " is not device memory");
  }
  const auto offset =
      static_cast<std::size_t>(static_cast<const std::byte*>(address) - block->address);
  if (block->freed) {
    refuse(std::string(what) + " lies in " + describe(*block));
  }
  if (extent_bytes > block->size_bytes - offset) {
    refuse(std::string(what) + ": " + std::to_string(extent_bytes) + " bytes from offset " +
           std::to_string(offset) + " leave " + describe(*block));
  }
  return block;
}

Block* Memory::check_host_side(const void* address, std::size_t extent_bytes, const char* what) {
  Block* const block = book_.find(address);
  if (on_device(block) || arena_.contains(address)) {
    refuse(std::string(what) + " " + address_text(address) + " is not host memory");
  }
  if (block == nullptr) {
    return nullptr;
  }
  const auto offset =
      static_cast<std::size_t>(static_cast<const std::byte*>(address) - block->address);
  if (block->freed || extent_bytes > block->size_bytes - offset) {
    refuse(std::string(what) + ": " + std::to_string(extent_bytes) + " bytes from offset " +
           std::to_string(offset) + " do not lie in " + describe(*block));
  }
  return block;
}

Memory::Resolved Memory::resolve(const Copy& copy) {
  Resolved resolved{.copy = copy, .to = nullptr, .from = nullptr, .staged = nullptr};
  if (copy.kind == cudaMemcpyDefault) {
    const bool to = on_device(book_.find(copy.to.address));
    const bool from = on_device(book_.find(copy.from.address));
    resolved.copy.kind = to ? (from ? cudaMemcpyDeviceToDevice : cudaMemcpyHostToDevice)
                            : (from ? cudaMemcpyDeviceToHost : cudaMemcpyHostToHost);
  }
  if (copy.height > 1 && (copy.to.pitch < copy.width_bytes || copy.from.pitch < copy.width_bytes)) {
    throw Failure(cudaErrorInvalidPitchValue);
  }
  const std::size_t to_extent = extent(copy.to, copy.width_bytes, copy.height);
  const std::size_t from_extent = extent(copy.from, copy.width_bytes, copy.height);
  constexpr const char* kTo = "a copy's destination";
  constexpr const char* kFrom = "a copy's source";
  resolved.to = to_device(resolved.copy.kind) ? check_device_side(copy.to.address, to_extent, kTo)
                                              : check_host_side(copy.to.address, to_extent, kTo);
  resolved.from = from_device(resolved.copy.kind)
                      ? check_device_side(copy.from.address, from_extent, kFrom)
                      : check_host_side(copy.from.address, from_extent, kFrom);
  return resolved;
}

void Memory::copy(const Copy& copy, Stream& stream, bool blocking) {
  if (copy.width_bytes == 0 || copy.height == 0) {
    return;
  }
  const Resolved resolved = resolve(copy);
  const std::uint64_t size_bytes = copy.width_bytes * copy.height;
  switch (resolved.copy.kind) {
    case cudaMemcpyHostToHost:
      report_.host_to_host.add(size_bytes);
      break;
    case cudaMemcpyHostToDevice:
      report_.host_to_device.add(size_bytes);
      break;
    case cudaMemcpyDeviceToHost:
      report_.device_to_host.add(size_bytes);
      break;
    default:
      report_.device_to_device.add(size_bytes);
  }
  submit_copy(resolved, stream, blocking);
}

// As "API synchronization behavior" of the runtime's manual has it: from pageable memory the source
// is read before the call returns, and the rest may come later; to pageable memory, and between two
// places of the host, the copy is done when the call returns; with pinned memory only if blocking.
void Memory::submit_copy(const Resolved& resolved, Stream& stream, bool blocking) {
  const cudaMemcpyKind kind = resolved.copy.kind;
  Resolved queued = resolved;
  const bool stages = kind == cudaMemcpyHostToDevice && resolved.from == nullptr;
  if (stages) {
    if (blocking) {
      scheduler_.wait_for_stream(stream);
    }
    const auto* const bytes = resolved.copy.from.address;
    queued.staged = std::make_shared<std::vector<std::byte>>(
        bytes, bytes + extent(resolved.copy.from, resolved.copy.width_bytes, resolved.copy.height));
    queued.copy.from.address = queued.staged->data();
  }
  const Ticket ticket = scheduler_.submit(stream, {.run = [this, queued] { perform(queued); }});
  const bool returns_late = kind == cudaMemcpyDeviceToDevice || stages ||
                            (kind == cudaMemcpyHostToDevice && !blocking) ||
                            (kind == cudaMemcpyDeviceToHost && !blocking && resolved.to != nullptr);
  if (!returns_late) {
    scheduler_.wait_for(ticket);
  }
}

void Memory::check_initialised(const Block& block, const std::byte* row, std::size_t size_bytes) {
  if (block.place != Place::kDevice || machine_of(block).is_initialised(row, size_bytes)) {
    return;
  }
  std::size_t known = 0;  // bytes at the start that are initialised
  std::size_t unknown = size_bytes;
  while (unknown - known > 1) {
    const std::size_t middle = known + (unknown - known) / 2;
    (machine_of(block).is_initialised(row, middle) ? known : unknown) = middle;
  }
  throw ptx::Fault("a copy reads offset " +
                   std::to_string(static_cast<std::size_t>(row - block.address) + known) + " of " +
                   describe(block) + ", which nothing wrote");
}

// Where the content of a destination on the device comes from decides what counts as written.
void Memory::mark_rows(const Resolved& resolved) {
  const Copy& copy = resolved.copy;
  const bool carries_over = on_device(resolved.from) && resolved.from->place == Place::kDevice &&
                            resolved.to->place == Place::kDevice &&
                            resolved.from->device == resolved.to->device;
  for (std::size_t y = 0; y < copy.height; ++y) {
    std::byte* const to = copy.to.address + y * copy.to.pitch;
    const std::byte* const from = copy.from.address + y * copy.from.pitch;
    if (carries_over) {
      machine_of(*resolved.to).copy_initialised(to, from, copy.width_bytes);
      continue;
    }
    if (on_device(resolved.from)) {
      check_initialised(*resolved.from, from, copy.width_bytes);
    }
    if (resolved.to->place == Place::kDevice) {
      machine_of(*resolved.to).mark_initialised(to, copy.width_bytes);
    }
  }
}

void Memory::perform(const Resolved& resolved) {
  const Copy& copy = resolved.copy;
  require_live(resolved.to);
  require_live(resolved.from);
  if (on_device(resolved.to)) {
    mark_rows(resolved);
  }
  for (std::size_t y = 0; y < copy.height; ++y) {
    const std::byte* const from = copy.from.address + y * copy.from.pitch;
    if (on_device(resolved.from) && !on_device(resolved.to)) {
      check_initialised(*resolved.from, from, copy.width_bytes);
    }
    std::memmove(copy.to.address + y * copy.to.pitch, from, copy.width_bytes);
  }
  scheduler_.advance_clock(copy.width_bytes * copy.height / 16);
}

void Memory::fill(const Fill& fill, Stream& stream) {
  if (fill.width_bytes == 0 || fill.height == 0) {
    return;
  }
  if (fill.height > 1 && fill.to.pitch < fill.width_bytes) {
    throw Failure(cudaErrorInvalidPitchValue);
  }
  Block* const block = check_device_side(
      fill.to.address, extent(fill.to, fill.width_bytes, fill.height), "a fill's destination");
  report_.fills.add(fill.width_bytes * fill.height);
  scheduler_.submit(stream, {.run = [this, fill, block] { perform(fill, *block); }});
}

void Memory::perform(const Fill& fill, Block& block) {
  require_live(&block);
  for (std::size_t y = 0; y < fill.height; ++y) {
    std::byte* const row = fill.to.address + y * fill.to.pitch;
    std::memset(row, fill.value, fill.width_bytes);
    if (block.place == Place::kDevice) {
      machine_of(block).mark_initialised(row, fill.width_bytes);
    }
  }
}

}  // namespace cudart_standin
