// Are the barriers of kernels needed? Takes them away one by one.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/cuda/kernel_launches.hh"

namespace gpu::test {

/// Runs kernels with the options given and returns what the checker says.
using CheckedRun = std::function<Findings(const checker::Options&)>;

/// Expects that the checker misses each barrier of `run` that is taken away, but for those in files
/// of `may_spare`, and that it misses at least `needed` in all.
void expect_needed_barriers(const CheckedRun& run,
                            const std::vector<std::string>& may_spare,
                            std::size_t needed);

/// A site as folder, file and line: "cuda/lane_ops.hh:12".
std::string text_of(const checker::Site& site);

}  // namespace gpu::test
