// Stills side by side, and their files.
#include "tools/stills.hh"

#include <filesystem>
#include <system_error>

#include "host/output_file.hh"

namespace tools {

host::Still compared(const vp8::Picture& source, const vp8::Picture& coded) {
  constexpr int gap = 4;
  const host::Still a = host::to_still(source);
  const host::Still b = host::to_still(coded);
  return host::beside({a, b, host::difference(a, b, kDifferenceFactor)}, gap);
}

void write_png(const std::string& path, const host::Still& still) {
  host::OutputFile file(path);
  file.write(host::png(still));
  file.commit();
}

void make_folder(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) {
    throw std::system_error(error, path + ": this folder cannot be made; name another");
  }
}

}  // namespace tools
