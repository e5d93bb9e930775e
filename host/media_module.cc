// Finds and loads the media module.
#include "host/media_module.hh"

#include <array>
#include <filesystem>
#include <stdexcept>
#include <utility>

#include <dlfcn.h>

#include "host/media_input.hh"

namespace host {
namespace {

constexpr const char* kFile = "fastslow-media.so";

std::filesystem::path module_path() {
  const std::filesystem::path folder =
      std::filesystem::read_symlink("/proc/self/exe").parent_path();
  const std::filesystem::path beside = folder / kFile;
  return std::filesystem::exists(beside) ? beside
                                         : folder.parent_path() / "lib" / "fastslow" / kFile;
}

const MediaModule& load_module() {
  void* const module = ::dlopen(module_path().c_str(), RTLD_NOW | RTLD_LOCAL);
  void* const table = module != nullptr ? ::dlsym(module, "fastslow_media_module") : nullptr;
  if (table == nullptr) {
    const char* const why = ::dlerror();
    throw std::runtime_error(
        std::string(
            "the part of the program that works with FFmpeg's libraries cannot be loaded (") +
        (why != nullptr ? why : "it is another version's") +
        "); build or install fastslow again, or use Y4M and IVF files, which do without it");
  }
  return *static_cast<const MediaModule*>(table);
}

}  // namespace

const MediaModule& media_module() {
  static const MediaModule& module = load_module();
  return module;
}

std::unique_ptr<PictureSource> open_media(const std::string& path,
                                          const std::string& name,
                                          const SourceOptions& options) {
  return media_module().open_media(path, name, options);
}

std::unique_ptr<PictureSource> open_media(std::shared_ptr<const ScratchFile> copy,
                                          const std::string& name,
                                          const SourceOptions& options) {
  return media_module().open_media_copy(std::move(copy), name, options);
}

bool has_sound(const std::string& path, const std::string& name) {
  return media_module().has_sound(path, name);
}

std::unique_ptr<SideTracks> open_tracks(const std::string& path,
                                        const std::string& name,
                                        const TrackOptions& options) {
  return media_module().open_tracks(path, name, options);
}

Still to_still(const vp8::Picture& picture) {
  return media_module().to_still(picture);
}

vp8::Picture to_picture(const Still& still) {
  return media_module().to_picture(still);
}

std::vector<std::uint8_t> png(const Still& still) {
  return media_module().png(still);
}

AlphaStill read_alpha_still(const std::string& path) {
  return media_module().read_alpha_still(path);
}

}  // namespace host
