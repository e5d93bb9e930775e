// Where tests find material that is not in the repository (test vectors, clips): the CMake variable
// FASTSLOW_SHARED.
#pragma once

#include <filesystem>
#include <string_view>

// The path of `name` under the shared folder, which may not exist; tests then skip and say so:
//   if (!std::filesystem::exists(path)) GTEST_SKIP() << "needs " << path << " (set
//   FASTSLOW_SHARED)";
inline std::filesystem::path shared_path(std::string_view name) {
  return std::filesystem::path(FASTSLOW_SHARED_DIR) / name;
}
