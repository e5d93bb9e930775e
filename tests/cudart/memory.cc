#include "tests/cudart/memory.hh"

#include <algorithm>
#include <utility>

namespace cudart_standin {
Memory::Memory(const Settings& settings,
               Arena& arena,
               std::vector<Device>& devices,
               Scheduler& scheduler,
               Findings& findings,
               Report& report)
    : arena_(arena),
      devices_(devices),
      scheduler_(scheduler),
      findings_(findings),
      report_(report),
      fail_allocation_(settings.fail_allocation) {}

Memory::~Memory() {
  for (const auto& [address, block] : book_.blocks()) {
    if (block.place == Place::kPinned && !block.freed) {
      retire_pages(block.address, block.size_bytes);
    }
  }
}

void Memory::refuse(const std::string& text) {
  findings_.misuse(text);
  throw Failure(cudaErrorInvalidValue);
}

ptx::Machine& Memory::machine_of(const Block& block) {
  return devices_.at(static_cast<std::size_t>(block.device)).machine;
}

void Memory::count_allocation() {
  if (++allocations_ == fail_allocation_) {
    throw Failure(cudaErrorMemoryAllocation);
  }
}

Block& Memory::reserve(int device, std::size_t size_bytes) {
  count_allocation();
  Device& owner = devices_.at(static_cast<std::size_t>(device));
  if (size_bytes > owner.properties.totalGlobalMem - owner.bytes_in_use) {
    throw Failure(cudaErrorMemoryAllocation);
  }
  std::byte* const address = arena_.allocate(size_bytes);
  owner.bytes_in_use += size_bytes;
  report_.bytes_in_use += size_bytes;
  report_.peak_bytes = std::max(report_.peak_bytes, report_.bytes_in_use);
  ++report_.allocations;
  return book_.add({.place = Place::kDevice,
                    .device = device,
                    .address = address,
                    .size_bytes = size_bytes,
                    .name = "buffer " + std::to_string(report_.allocations)});
}

void Memory::make_live(Block& block) {
  machine_of(block).register_buffer(block.address, block.size_bytes, block.name);
  block.live = true;
}

void Memory::end_life(Block& block) {
  require_live(&block);
  machine_of(block).unregister_buffer(block.address);
  arena_.release(block.address, block.size_bytes);
  block.live = false;
  devices_.at(static_cast<std::size_t>(block.device)).bytes_in_use -= block.size_bytes;
  report_.bytes_in_use -= block.size_bytes;
}

void Memory::require_live(const Block* block) {
  if (block != nullptr && !block->live) {
    throw ptx::Fault("work in a stream uses " + describe(*block));
  }
}

void* Memory::allocate(int device, std::size_t size_bytes) {
  if (size_bytes == 0) {
    return nullptr;
  }
  Block& block = reserve(device, size_bytes);
  make_live(block);
  return block.address;
}

void* Memory::allocate_async(int device, std::size_t size_bytes, Stream& stream) {
  if (size_bytes == 0) {
    return nullptr;
  }
  Block& block = reserve(device, size_bytes);
  scheduler_.submit(stream, {.run = [this, &block] { make_live(block); }});
  return block.address;
}

Block& Memory::owned(void* address, Place place, const char* call) {
  Block* const block = book_.find_start(address);
  if (block == nullptr || block->place != place) {
    refuse(std::string(call) + ": " + address_text(address) + " is not what an allocation gave");
  }
  if (block->freed) {
    refuse(std::string(call) + ": freed twice: " + describe(*block));
  }
  return *block;
}

void Memory::free(void* address) {
  if (address == nullptr) {
    return;
  }
  Block& block = owned(address, Place::kDevice, "cudaFree");
  scheduler_.wait_for_device(block.device);
  block.freed = true;
  end_life(block);
}

void Memory::free_async(void* address, Stream& stream) {
  if (address == nullptr) {
    return;
  }
  Block& block = owned(address, Place::kDevice, "cudaFreeAsync");
  block.freed = true;
  scheduler_.submit(stream, {.run = [this, &block] { end_life(block); }});
}

void* Memory::allocate_pinned(int device, std::size_t size_bytes, bool mapped) {
  if (size_bytes == 0) {
    return nullptr;
  }
  count_allocation();
  ++report_.pinned_allocations;
  Block& block = book_.add({.place = Place::kPinned,
                            .device = device,
                            .address = allocate_pages(size_bytes),
                            .size_bytes = size_bytes,
                            .name = "pinned buffer " + std::to_string(report_.pinned_allocations),
                            .live = true});
  if (mapped) {
    map_pinned(block.address);
  }
  return block.address;
}

void Memory::map_pinned(void* address) {
  Block& block = owned(address, Place::kPinned, "cudaHostGetDevicePointer");
  if (std::exchange(block.mapped, true)) {
    return;
  }
  for (Device& device : devices_) {
    map_pinned_on(device, block);
  }
}

void Memory::map_pinned_on(Device& device, const Block& block) {
  device.machine.register_buffer(block.address, block.size_bytes, block.name);
  device.machine.mark_initialised(block.address, block.size_bytes);
}

void Memory::map_pinned_again(int device) {
  for (const auto& [address, block] : book_.blocks()) {
    if (block.mapped) {
      map_pinned_on(devices_.at(static_cast<std::size_t>(device)), block);
    }
  }
}

void Memory::free_pinned(void* address) {
  if (address == nullptr) {
    return;
  }
  Block& block = owned(address, Place::kPinned, "cudaFreeHost");
  if (std::exchange(block.mapped, false)) {
    for (Device& device : devices_) {
      device.machine.unregister_buffer(block.address);
    }
  }
  block.freed = true;
  block.live = false;
  retire_pages(block.address, block.size_bytes);
}

void Memory::add_symbol(int device, const std::string& name, ptx::Variable variable) {
  book_.add({.place = Place::kSymbol,
             .device = device,
             .address = variable.address,
             .size_bytes = variable.size_bytes,
             .name = "symbol " + name,
             .live = true});
}

void Memory::forget_device(int device) {
  std::erase_if(book_.blocks(), [=](const auto& entry) {
    return entry.second.device == device && entry.second.place == Place::kSymbol;
  });
  for (auto& [address, block] : book_.blocks()) {
    if (block.device == device && block.place == Place::kDevice && block.live) {
      block.freed = true;
      end_life(block);
    }
  }
}

std::vector<std::string> Memory::leaks() const {
  std::vector<std::string> texts;
  for (const auto& [address, block] : book_.blocks()) {
    if (block.place != Place::kSymbol && !block.freed) {
      texts.push_back(describe(block));
    }
  }
  return texts;
}

}  // namespace cudart_standin
