// A main for fuzz targets without libFuzzer: gives them every file of the folders and files in the
// arguments once.
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

// Exactly as long as the file, so that AddressSanitizer sees a read past the end.
std::vector<std::uint8_t> read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  file.exceptions(std::ios::badbit);
  std::vector<std::uint8_t> bytes(std::istreambuf_iterator<char>(file), {});
  bytes.shrink_to_fit();
  return bytes;
}

void replay(const std::filesystem::path& path) {
  const std::vector<std::uint8_t> bytes = read_file(path);
  std::printf("%s: %zu bytes\n", path.c_str(), bytes.size());
  std::fflush(stdout);  // a crash must leave the name of its cause
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

int replay_all(const std::vector<std::filesystem::path>& arguments) {
  int files = 0;
  for (const std::filesystem::path& argument : arguments) {
    if (!std::filesystem::is_directory(argument)) {
      replay(argument);
      ++files;
      continue;
    }
    for (const auto& entry : std::filesystem::directory_iterator(argument)) {
      replay(entry.path());
      ++files;
    }
  }
  return files;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const int files = replay_all({argv + 1, argv + argc});
    std::printf("%d files replayed\n", files);
    return files > 0 ? 0 : 1;  // an empty corpus proves nothing
  } catch (const std::exception& error) {
    std::fprintf(stderr, "replay: %s\n", error.what());
    return 1;
  }
}
