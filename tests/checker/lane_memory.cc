// Inside of the checker: the memory of a launch that is no buffer.
#include "tests/checker/lane_memory.hh"

#include <cerrno>
#include <cstdint>
#include <system_error>

#include <link.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

namespace checker {
namespace {

int add_constants(dl_phdr_info* info, std::size_t, void* scopes) {
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const auto& header = info->dlpi_phdr[i];
    const bool read_only = header.p_type == PT_LOAD && (header.p_flags & PF_W) == 0;
    if (read_only || header.p_type == PT_GNU_RELRO) {
      static_cast<std::list<RegionScope>*>(scopes)->emplace_back(
          Region{.begin = info->dlpi_addr + header.p_vaddr,
                 .bytes = header.p_memsz,
                 .kind = RegionKind::kConstant,
                 .name = "the program's constants"});
    }
  }
  return 0;
}

}  // namespace

Stack::Stack(const std::string& name)
    : pages_(mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) {
  if (pages_ == MAP_FAILED)
    throw std::system_error(errno, std::generic_category(), "mmap");
  mprotect(pages_, static_cast<std::size_t>(sysconf(_SC_PAGESIZE)), PROT_NONE);
  region_ = std::make_unique<RegionScope>(Region{.begin = reinterpret_cast<std::uintptr_t>(pages_),
                                                 .bytes = kBytes,
                                                 .kind = RegionKind::kLaneStack,
                                                 .name = name});
}

Stack::~Stack() {
  munmap(pages_, kBytes);
}

std::list<RegionScope> program_constants() {
  std::list<RegionScope> scopes;
  dl_iterate_phdr(add_constants, &scopes);
  return scopes;
}

Region caller_stack(const void* frame) {
  pthread_attr_t attributes;
  if (const int error = pthread_getattr_np(pthread_self(), &attributes); error != 0)
    throw std::system_error(error, std::generic_category(), "pthread_getattr_np");
  void* begin = nullptr;
  std::size_t bytes = 0;
  pthread_attr_getstack(&attributes, &begin, &bytes);
  pthread_attr_destroy(&attributes);
  const auto from = reinterpret_cast<std::uintptr_t>(frame);
  return {.begin = from,
          .bytes = reinterpret_cast<std::uintptr_t>(begin) + bytes - from,
          .kind = RegionKind::kArguments,
          .name = "the test's stack"};
}

}  // namespace checker
