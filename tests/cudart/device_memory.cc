#include "tests/cudart/device_memory.hh"

#include <array>
#include <atomic>
#include <cstdio>
#include <iterator>
#include <new>
#include <utility>

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

namespace cudart_standin {
namespace {

// More than any test allocates in its life; nothing is paid for addresses that are not used. Under
// a sanitizer there may be fewer.
constexpr std::size_t kMostArenaBytes = std::size_t{1} << 42;
constexpr std::size_t kLeastArenaBytes = std::size_t{1} << 37;
constexpr std::size_t kPage = 4096;
constexpr std::size_t kAlignment = 256;
constexpr int kStatus = 70;

constexpr std::size_t round_up(std::size_t size, std::size_t step) {
  return (size + step - 1) / step * step;
}

// What the signal handler needs; one arena a process.
std::atomic<std::uintptr_t> guarded_begin = 0;  // NOLINT(*-avoid-non-const-global-variables)
std::atomic<std::size_t> guarded_bytes = 0;     // NOLINT(*-avoid-non-const-global-variables)
struct sigaction handler_before;                // NOLINT(*-avoid-non-const-global-variables)

extern "C" void on_stray_access(int /*signal*/, siginfo_t* info, void* /*context*/) {
  const auto address = reinterpret_cast<std::uintptr_t>(info->si_addr);
  const std::uintptr_t begin = guarded_begin;
  if (address < begin || address - begin >= guarded_bytes) {
    sigaction(SIGSEGV, &handler_before, nullptr);  // the access is tried again under that one
    return;
  }
  std::array<char, 128> text{};
  const int size =
      std::snprintf(text.data(), text.size(), "fake CUDA: host code touched device memory at %p\n",
                    info->si_addr);
  static_cast<void>(write(STDERR_FILENO, text.data(), static_cast<std::size_t>(size)));
  _exit(kStatus);
}

void watch_stray_accesses() {
  struct sigaction action {};
  action.sa_sigaction = on_stray_access;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGSEGV, &action, &handler_before);
}

}  // namespace

Arena::Arena() : size_bytes_(kMostArenaBytes) {
  void* memory = MAP_FAILED;
  while (memory == MAP_FAILED && size_bytes_ >= kLeastArenaBytes) {
    memory =
        mmap(nullptr, size_bytes_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    size_bytes_ = memory == MAP_FAILED ? size_bytes_ / 2 : size_bytes_;
  }
  if (memory == MAP_FAILED) {
    throw std::bad_alloc();
  }
  // Protection changes page by page, hundreds of times faster in large ones.
  madvise(memory, size_bytes_, MADV_HUGEPAGE);
  base_ = static_cast<std::byte*>(memory);
  next_ = base_ + kPage;
  guarded_begin = reinterpret_cast<std::uintptr_t>(base_);
  guarded_bytes = size_bytes_;
  watch_stray_accesses();
}

Arena::~Arena() {
  guarded_bytes = 0;
  munmap(base_, size_bytes_);
}

// Each allocation has pages of its own and a page between it and the next.
std::byte* Arena::allocate(std::size_t size_bytes) {
  const auto left = static_cast<std::size_t>(base_ + size_bytes_ - next_);
  if (size_bytes > left - 2 * kPage || left < 2 * kPage) {
    throw std::bad_alloc();
  }
  std::byte* const address = next_ + kAlignment;
  next_ += round_up(kAlignment + size_bytes, kPage) + kPage;
  if (opens_ > 0) {
    protect(PROT_READ | PROT_WRITE);
  }
  return address;
}

void Arena::release(std::byte* address, std::size_t size_bytes) {
  madvise(address - kAlignment, round_up(kAlignment + size_bytes, kPage), MADV_DONTNEED);
}

bool Arena::contains(const void* address) const {
  const auto* const byte = static_cast<const std::byte*>(address);
  return byte >= base_ && byte < base_ + size_bytes_;
}

void Arena::protect(int protection) const {
  mprotect(base_, static_cast<std::size_t>(next_ - base_), protection);
}

Arena::Open::Open(Arena& arena) : arena_(arena) {
  if (arena_.opens_++ == 0) {
    arena_.protect(PROT_READ | PROT_WRITE);
  }
}

Arena::Open::~Open() {
  if (--arena_.opens_ == 0) {
    arena_.protect(PROT_NONE);
  }
}

Arena::Closed::Closed(Arena& arena) : arena_(arena), opens_(std::exchange(arena.opens_, 0)) {
  arena_.protect(PROT_NONE);
}

Arena::Closed::~Closed() {
  arena_.opens_ += opens_;
  arena_.protect(arena_.opens_ > 0 ? PROT_READ | PROT_WRITE : PROT_NONE);
}

std::byte* allocate_pages(std::size_t size_bytes) {
  void* const memory = mmap(nullptr, round_up(size_bytes, kPage), PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) {
    throw std::bad_alloc();
  }
  return static_cast<std::byte*>(memory);
}

void retire_pages(std::byte* address, std::size_t size_bytes) {
  madvise(address, round_up(size_bytes, kPage), MADV_DONTNEED);
  mprotect(address, round_up(size_bytes, kPage), PROT_NONE);
}

std::string address_text(const void* address) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%p", address);
  return text.data();
}

std::string describe(const Block& block) {
  return block.name + " (" + std::to_string(block.size_bytes) + " bytes" +
         (block.freed  ? ", freed"
          : block.live ? ""
                       : ", not yet allocated in its stream") +
         ")";
}

Block& AddressBook::add(Block block) {
  return blocks_.insert_or_assign(block.address, std::move(block)).first->second;
}

Block* AddressBook::find(const void* address) {
  const auto* const byte = static_cast<const std::byte*>(address);
  auto above = blocks_.upper_bound(byte);
  if (above == blocks_.begin()) {
    return nullptr;
  }
  Block& block = std::prev(above)->second;
  return byte < block.address + block.size_bytes ? &block : nullptr;
}

Block* AddressBook::find_start(const void* address) {
  const auto found = blocks_.find(static_cast<const std::byte*>(address));
  return found == blocks_.end() ? nullptr : &found->second;
}

}  // namespace cudart_standin
