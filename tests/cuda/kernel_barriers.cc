// Runs kernels with one barrier less.
#include "tests/cuda/kernel_barriers.hh"

#include <algorithm>
#include <array>
#include <string_view>

#include <gtest/gtest.h>

namespace gpu::test {
namespace {

// A scattered schedule too: else a lane often reads just what it wrote itself.
std::array<checker::Options, 2> schedules_without(const checker::Site& site) {
  return {checker::Options{.without_barrier = site},
          checker::Options{.lanes = 7,
                           .order = checker::Order::kSeeded,
                           .seed = 7,
                           .scatter = true,
                           .without_barrier = site}};
}

bool is_missed(const CheckedRun& run, const checker::Site& site) {
  return std::ranges::any_of(schedules_without(site),
                             [&](const auto& options) { return !run(options).clean(); });
}

}  // namespace

void expect_needed_barriers(const CheckedRun& run,
                            const std::vector<std::string>& may_spare,
                            std::size_t needed) {
  const Findings all = run({});
  ASSERT_TRUE(all.clean()) << all;
  std::size_t missed = 0;
  for (const checker::Site& site : all.barriers) {
    const std::string text = text_of(site);
    if (is_missed(run, site)) {
      ++missed;
      continue;
    }
    EXPECT_TRUE(std::ranges::any_of(
        may_spare, [&](const std::string& file) { return text.starts_with(file + ":"); }))
        << "nobody misses the barrier of " << text;
  }
  EXPECT_GE(missed, needed) << "of " << all.barriers.size();
}

std::string text_of(const checker::Site& site) {
  const std::string_view file = site.file;
  const std::size_t folder = file.rfind('/', file.rfind('/') - 1);
  return std::string(file.substr(folder + 1)) + ":" + std::to_string(site.line);
}

}  // namespace gpu::test
