// A team whose lanes run one after another, each on its own stack, from barrier to barrier. The
// checker watches what they do: see checker.hh.
#pragma once

#include <concepts>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace checker {

/// A line of a kernel that calls its team.
struct Site {
  const char* file = "";
  int line = 0;

  /// By text: each source has its own copy of a file's name.
  bool operator==(const Site& other) const {
    return line == other.line && std::string_view(file) == other.file;
  }
};

enum class Call : std::uint8_t { kSync, kEach, kOnce, kSum };

/// The team concept of codec/team.hh. What all its lanes must give alike is compared when they
/// meet.
class FibreTeam {
 public:
  FibreTeam(int lane, int lanes) : lane_(lane), lanes_(lanes) {}

  [[nodiscard]] int lane() const { return lane_; }
  [[nodiscard]] int lanes() const { return lanes_; }

  void sync(const char* file = __builtin_FILE(), int line = __builtin_LINE()) const {
    enter(Call::kSync, 0, {file, line});
    meet();
  }

  template <class F>
  void each(int n,
            const F& f,
            const char* file = __builtin_FILE(),
            int line = __builtin_LINE()) const {
    enter(Call::kEach, n, {file, line});
    for (int i = next_item(0, n); i < n; i = next_item(i + 1, n))
      f(i);
    meet();
  }

  template <class F>
  void once(const F& f, const char* file = __builtin_FILE(), int line = __builtin_LINE()) const {
    enter(Call::kOnce, 1, {file, line});
    if (next_item(0, 1) == 0)
      f();
    meet();
  }

  template <class F>
  auto sum(int n,
           const F& f,
           const char* file = __builtin_FILE(),
           int line = __builtin_LINE()) const {
    using Integer = decltype(f(0));
    static_assert(std::integral<Integer> && (sizeof(Integer) == 4 || sizeof(Integer) == 8));
    enter(Call::kSum, n, {file, line});
    std::uint64_t part = 0;
    for (int i = next_item(0, n); i < n; i = next_item(i + 1, n))
      part += static_cast<std::uint64_t>(f(i));
    return static_cast<Integer>(meet_and_add(part));
  }

  void add(std::uint32_t* at, std::uint32_t value) const;

 private:
  static void enter(Call call, int n, Site site);
  /// The first item of this lane from `from` on, or `n`.
  static int next_item(int from, int n);
  static void meet();
  static std::uint64_t meet_and_add(std::uint64_t part);

  int lane_;
  int lanes_;
};

}  // namespace checker
