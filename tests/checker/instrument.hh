// Included by force (-include) into sources that the checker watches, before all else: sends the
// block operations of the C library through the checker, because the compiler instruments loads and
// stores but not these calls. Needs -fno-builtin-memcpy and so on, or g++ expands short ones
// inline.
#pragma once

extern "C" {
void* memcpy(void* to, const void* from, decltype(sizeof 0) bytes) noexcept
    __asm__("checker_memcpy");
void* memmove(void* to, const void* from, decltype(sizeof 0) bytes) noexcept
    __asm__("checker_memmove");
void* memset(void* to, int value, decltype(sizeof 0) bytes) noexcept __asm__("checker_memset");
int memcmp(const void* a, const void* b, decltype(sizeof 0) bytes) noexcept
    __asm__("checker_memcmp");
void* checker_assume_aligned(const void* p, decltype(sizeof 0) alignment) noexcept;
}

// What std::copy, std::fill and std::equal call. Their constant evaluation goes another way.
#define __builtin_memcpy(...) memcpy(__VA_ARGS__)
#define __builtin_memmove(...) memmove(__VA_ARGS__)
#define __builtin_memset(...) memset(__VA_ARGS__)
#define __builtin_memcmp(...) memcmp(__VA_ARGS__)
#define __builtin_assume_aligned(...) checker_assume_aligned(__VA_ARGS__)
