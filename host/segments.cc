// Optimal quantisation of a histogram to four values, by dynamic programming.
#include "host/segments.hh"

#include <algorithm>
#include <limits>

namespace host {
namespace {

constexpr std::size_t kValues = vp8::kMaxQIndex + 1;
constexpr std::size_t kGroups = vp8::kSegments;
constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

// Sums over the values below each: to know any interval's best representative and its error.
struct Prefix {
  std::array<std::uint64_t, kValues + 1> count{};
  std::array<std::uint64_t, kValues + 1> sum{};
  std::array<std::uint64_t, kValues + 1> squares{};

  explicit Prefix(std::span<const std::uint8_t> wanted) {
    std::array<std::uint64_t, kValues> histogram{};
    for (const std::uint8_t value : wanted)
      ++histogram[value];
    for (std::size_t v = 0; v < kValues; ++v) {
      count[v + 1] = count[v] + histogram[v];
      sum[v + 1] = sum[v] + histogram[v] * v;
      squares[v + 1] = squares[v] + histogram[v] * v * v;
    }
  }

  bool empty(std::size_t begin, std::size_t end) const { return count[begin] == count[end]; }
  // The mean of the values in [begin, end), rounded.
  std::uint64_t mean(std::size_t begin, std::size_t end) const {
    const std::uint64_t n = count[end] - count[begin];
    return n == 0 ? begin : (sum[end] - sum[begin] + n / 2) / n;
  }
  std::uint64_t error(std::size_t begin, std::size_t end) const {
    const std::uint64_t m = mean(begin, end);
    return squares[end] - squares[begin] + (count[end] - count[begin]) * m * m -
           2 * m * (sum[end] - sum[begin]);
  }
};

}  // namespace

Segments choose_segments(std::span<const std::uint8_t> wanted) {
  const Prefix prefix(wanted);
  // best[g][v]: the least error of the values below v in g + 1 groups; from[g][v]: where the last
  // of them begins.
  std::array<std::array<std::uint64_t, kValues + 1>, kGroups> best{};
  std::array<std::array<std::size_t, kValues + 1>, kGroups> from{};
  for (std::size_t v = 0; v <= kValues; ++v)
    best[0][v] = prefix.error(0, v);
  for (std::size_t g = 1; g < kGroups; ++g) {
    for (std::size_t v = 0; v <= kValues; ++v) {
      best[g][v] = kNever;
      for (std::size_t begin = 0; begin <= v; ++begin) {
        const std::uint64_t error = best[g - 1][begin] + prefix.error(begin, v);
        if (error < best[g][v]) {
          best[g][v] = error;
          from[g][v] = begin;
        }
      }
    }
  }
  Segments segments;
  std::array<std::uint8_t, kValues> segment_of{};
  std::size_t end = kValues;
  for (std::size_t g = kGroups; g-- > 0;) {
    const std::size_t begin = g == 0 ? 0 : from[g][end];
    // The last group has values if there are any.
    segments.q_index[g] = prefix.empty(begin, end) && g + 1 < kGroups
                              ? segments.q_index[g + 1]
                              : static_cast<std::uint8_t>(std::min<std::uint64_t>(
                                    prefix.mean(begin, end), vp8::kMaxQIndex));
    std::fill(segment_of.begin() + static_cast<std::ptrdiff_t>(begin),
              segment_of.begin() + static_cast<std::ptrdiff_t>(end), static_cast<std::uint8_t>(g));
    end = begin;
  }
  for (const std::uint8_t value : wanted)
    segments.map.push_back(segment_of[value]);
  return segments;
}

}  // namespace host
