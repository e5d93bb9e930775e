// What the compiler calls before each load and store of a source that is compiled with
// -fsanitize=thread: its own runtime is not linked, this file stands in for it.
//
// Atomics have to do the work as well, since instrumented host code of a test (shared_ptr, guards
// of static variables) uses them; lanes have only their team's add().
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "tests/checker/memory.hh"

using checker::Access;
using checker::RunningLane;
using checker::watch;

namespace {

using Size = std::size_t;

[[gnu::always_inline]] inline bool is_watched(const void* address) {
  const RunningLane* lane = watch.running;
  return lane != nullptr &&
         reinterpret_cast<std::uintptr_t>(address) - lane->stack_begin >= lane->stack_bytes;
}

[[gnu::always_inline]] inline void touch(const void* address,
                                         Size bytes,
                                         Access access,
                                         const void* pc) {
  if (is_watched(address)) {
    checker::check(reinterpret_cast<std::uintptr_t>(address), bytes, access,
                   reinterpret_cast<std::uintptr_t>(pc));
  }
}

[[gnu::always_inline]] inline void touch_aligned(const void* address,
                                                 Size bytes,
                                                 Access access,
                                                 const void* pc) {
  if (is_watched(address)) {
    checker::check_aligned(reinterpret_cast<std::uintptr_t>(address), bytes, access,
                           reinterpret_cast<std::uintptr_t>(pc));
  }
}

}  // namespace

// The names are the compiler's: NOLINTBEGIN(bugprone-*,readability-*)
#define HERE __builtin_return_address(0)

#define PLAIN_ACCESS(SIZE)                        \
  void __tsan_read##SIZE(void* p) {               \
    touch_aligned(p, SIZE, Access::kRead, HERE);  \
  }                                               \
  void __tsan_write##SIZE(void* p) {              \
    touch_aligned(p, SIZE, Access::kWrite, HERE); \
  }                                               \
  void __tsan_unaligned_read##SIZE(void* p) {     \
    touch(p, SIZE, Access::kRead, HERE);          \
  }                                               \
  void __tsan_unaligned_write##SIZE(void* p) {    \
    touch(p, SIZE, Access::kWrite, HERE);         \
  }                                               \
  void __tsan_volatile_read##SIZE(void* p) {      \
    touch_aligned(p, SIZE, Access::kRead, HERE);  \
  }                                               \
  void __tsan_volatile_write##SIZE(void* p) {     \
    touch_aligned(p, SIZE, Access::kWrite, HERE); \
  }

#define ATOMIC_UPDATE(BITS, NAME)                                                         \
  std::uint##BITS##_t __tsan_atomic##BITS##_##NAME(volatile std::uint##BITS##_t* p,       \
                                                   std::uint##BITS##_t value, int) {      \
    touch(const_cast<const std::uint##BITS##_t*>(p), BITS / 8, Access::kAtomicAdd, HERE); \
    return __atomic_##NAME(p, value, __ATOMIC_SEQ_CST);                                   \
  }

#define ATOMIC_ACCESS(BITS)                                                                    \
  std::uint##BITS##_t __tsan_atomic##BITS##_load(const volatile std::uint##BITS##_t* p, int) { \
    touch(const_cast<const std::uint##BITS##_t*>(p), BITS / 8, Access::kAtomicAdd, HERE);      \
    return __atomic_load_n(p, __ATOMIC_SEQ_CST);                                               \
  }                                                                                            \
  void __tsan_atomic##BITS##_store(volatile std::uint##BITS##_t* p, std::uint##BITS##_t value, \
                                   int) {                                                      \
    touch(const_cast<const std::uint##BITS##_t*>(p), BITS / 8, Access::kAtomicAdd, HERE);      \
    __atomic_store_n(p, value, __ATOMIC_SEQ_CST);                                              \
  }                                                                                            \
  std::uint##BITS##_t __tsan_atomic##BITS##_exchange(volatile std::uint##BITS##_t* p,          \
                                                     std::uint##BITS##_t value, int) {         \
    touch(const_cast<const std::uint##BITS##_t*>(p), BITS / 8, Access::kAtomicAdd, HERE);      \
    return __atomic_exchange_n(p, value, __ATOMIC_SEQ_CST);                                    \
  }                                                                                            \
  int __tsan_atomic##BITS##_compare_exchange_strong(volatile std::uint##BITS##_t* p,           \
                                                    std::uint##BITS##_t* expected,             \
                                                    std::uint##BITS##_t value, int, int) {     \
    touch(const_cast<const std::uint##BITS##_t*>(p), BITS / 8, Access::kAtomicAdd, HERE);      \
    return __atomic_compare_exchange_n(p, expected, value, false, __ATOMIC_SEQ_CST,            \
                                       __ATOMIC_SEQ_CST);                                      \
  }                                                                                            \
  int __tsan_atomic##BITS##_compare_exchange_weak(volatile std::uint##BITS##_t* p,             \
                                                  std::uint##BITS##_t* expected,               \
                                                  std::uint##BITS##_t value, int, int) {       \
    touch(const_cast<const std::uint##BITS##_t*>(p), BITS / 8, Access::kAtomicAdd, HERE);      \
    return __atomic_compare_exchange_n(p, expected, value, false, __ATOMIC_SEQ_CST,            \
                                       __ATOMIC_SEQ_CST);                                      \
  }                                                                                            \
  ATOMIC_UPDATE(BITS, fetch_add)                                                               \
  ATOMIC_UPDATE(BITS, fetch_sub)                                                               \
  ATOMIC_UPDATE(BITS, fetch_and)                                                               \
  ATOMIC_UPDATE(BITS, fetch_or)                                                                \
  ATOMIC_UPDATE(BITS, fetch_xor)

extern "C" {

void __tsan_init() {}
void __tsan_atomic_thread_fence(int) {
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
}
void __tsan_atomic_signal_fence(int) {
  __atomic_signal_fence(__ATOMIC_SEQ_CST);
}

void __tsan_func_entry(void* called_from) {
  RunningLane* lane = watch.running;
  if (lane == nullptr)
    return;
  if (lane->depth < lane->calls.size())
    lane->calls[lane->depth] = reinterpret_cast<std::uintptr_t>(called_from);
  ++lane->depth;
}

void __tsan_func_exit() {
  if (watch.running != nullptr && watch.running->depth > 0)
    --watch.running->depth;
}

PLAIN_ACCESS(1)
PLAIN_ACCESS(2)
PLAIN_ACCESS(4)
PLAIN_ACCESS(8)
PLAIN_ACCESS(16)

// Of objects that are copied whole.
void __tsan_read_range(void* p, Size bytes) {
  touch(p, bytes, Access::kRead, HERE);
}
void __tsan_write_range(void* p, Size bytes) {
  touch(p, bytes, Access::kWrite, HERE);
}
void __tsan_vptr_update(void* p, void*) {
  touch(p, sizeof(void*), Access::kWrite, HERE);
}

ATOMIC_ACCESS(8)
ATOMIC_ACCESS(16)
ATOMIC_ACCESS(32)
ATOMIC_ACCESS(64)

// Where instrument.hh sends the C library's calls.
void* checker_memcpy(void* to, const void* from, Size bytes) {
  touch(from, bytes, Access::kRead, HERE);
  touch(to, bytes, Access::kWrite, HERE);
  return std::memcpy(to, from, bytes);
}

void* checker_memmove(void* to, const void* from, Size bytes) {
  touch(from, bytes, Access::kRead, HERE);
  touch(to, bytes, Access::kWrite, HERE);
  return std::memmove(to, from, bytes);
}

void* checker_memset(void* to, int value, Size bytes) {
  touch(to, bytes, Access::kWrite, HERE);
  return std::memset(to, value, bytes);
}

int checker_memcmp(const void* a, const void* b, Size bytes) {
  touch(a, bytes, Access::kRead, HERE);
  touch(b, bytes, Access::kRead, HERE);
  return std::memcmp(a, b, bytes);
}

void* checker_assume_aligned(const void* p, Size alignment) {
  const auto address = reinterpret_cast<std::uintptr_t>(p);
  if (watch.running != nullptr)
    checker::check_alignment(address, alignment, reinterpret_cast<std::uintptr_t>(HERE));
  return const_cast<void*>(p);
}

}  // extern "C"
// NOLINTEND(bugprone-*,readability-*)
