// Where device and pinned memory lies, and which addresses belong to what.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace cudart_standin {

/// A range of addresses, all device memory lies in, that the host's own code cannot touch: it is
/// readable and writable only while somebody holds an Open. An address is handed out once only, so
/// that a pointer to freed memory never comes to point to something else. A stray access ends the
/// process with a message and exit status 70.
class Arena {
 public:
  Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  ~Arena();

  /// Aligned to 256 bytes and, to show who relies on more, to nothing beyond. Throws std::bad_alloc
  /// where the addresses run out.
  std::byte* allocate(std::size_t size_bytes);
  /// Gives the memory back, not its addresses.
  void release(std::byte* address, std::size_t size_bytes);
  [[nodiscard]] bool contains(const void* address) const;

  class Open {
   public:
    explicit Open(Arena& arena);
    Open(const Open&) = delete;
    Open& operator=(const Open&) = delete;
    ~Open();

   private:
    Arena& arena_;
  };

  /// Takes all Opens back for its own life.
  class Closed {
   public:
    explicit Closed(Arena& arena);
    Closed(const Closed&) = delete;
    Closed& operator=(const Closed&) = delete;
    ~Closed();

   private:
    Arena& arena_;
    int opens_;
  };

 private:
  void protect(int protection) const;

  std::size_t size_bytes_;
  std::byte* base_ = nullptr;
  std::byte* next_ = nullptr;
  int opens_ = 0;
};

/// Pages for pinned memory. Those that were retired are never handed out again and cannot be
/// touched. Throws std::bad_alloc.
std::byte* allocate_pages(std::size_t size_bytes);
void retire_pages(std::byte* address, std::size_t size_bytes);

enum class Place { kDevice, kSymbol, kPinned };

/// Memory that the runtime knows. It stays known after it was freed.
struct Block {
  Place place = Place::kDevice;
  /// Which has it; for pinned memory, which was current when it was made.
  int device = 0;
  std::byte* address = nullptr;
  std::size_t size_bytes = 0;
  std::string name;
  /// False before its stream reaches cudaMallocAsync and once it reaches the end.
  bool live = false;
  /// The program gave it back, though its stream may not have come to that.
  bool freed = false;
  /// Pinned memory that kernels may use.
  bool mapped = false;
};

/// Whether it is the device's own memory; null, which stands for pageable memory, is not.
inline bool on_device(const Block* block) {
  return block != nullptr && block->place != Place::kPinned;
}

std::string address_text(const void* address);
/// "buffer 3 (4096 bytes, freed)".
std::string describe(const Block& block);

/// Blocks by address.
class AddressBook {
 public:
  Block& add(Block block);
  void remove(const std::byte* address) { blocks_.erase(address); }
  /// The block that holds this address, freed ones included; null where none does.
  [[nodiscard]] Block* find(const void* address);
  /// The block that starts there.
  [[nodiscard]] Block* find_start(const void* address);
  [[nodiscard]] std::map<const std::byte*, Block>& blocks() { return blocks_; }
  [[nodiscard]] const std::map<const std::byte*, Block>& blocks() const { return blocks_; }

 private:
  std::map<const std::byte*, Block> blocks_;
};

}  // namespace cudart_standin
