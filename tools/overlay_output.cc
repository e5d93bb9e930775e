// PNG and Y4M files of overlays.
#include "tools/overlay_output.hh"

#include <optional>
#include <string>

#include <fmt/core.h>

#include "codec/types.hh"
#include "tools/stills.hh"

namespace tools {
namespace {

// The path of one frame: "%d" or "%05d" becomes its number; nothing if there is neither.
std::optional<std::string> numbered(const std::string& path, std::int64_t frame) {
  for (std::size_t at = path.find('%'); at != std::string::npos; at = path.find('%', at + 1)) {
    const bool padded =
        at + 2 < path.size() && path[at + 1] == '0' && path[at + 2] >= '1' && path[at + 2] <= '9';
    const std::size_t end = at + (padded ? 3 : 1);
    if (end < path.size() && path[end] == 'd') {
      const int digits = padded ? path[at + 2] - '0' : 1;
      return path.substr(0, at) + fmt::format("{:0{}}", frame, digits) + path.substr(end + 1);
    }
  }
  return {};
}

}  // namespace

std::string overlay_path_problem(const std::string& path) {
  if (path == "-" || path.ends_with(".y4m") || path.ends_with(".png"))
    return "";
  return "'" + path + "' must end with .png (%d in it for a file each frame) or .y4m";
}

OverlayOutput::OverlayOutput(const std::string& path, host::Rational frame_rate) : path_(path) {
  info_.frame_rate = frame_rate;
  if (!path.ends_with(".png") || !numbered(path, 0))
    file_.emplace(path);
}

void OverlayOutput::add(std::int64_t frame, const host::Still& still) {
  if (!file_) {
    write_png(*numbered(path_, frame), still);
  } else if (!path_.ends_with(".png")) {
    add_to_y4m(still);
  } else if (stills_ > 0) {
    throw vp8::Unsupported(path_ +
                           ": one PNG cannot hold several frames; choose one with --frames, or put "
                           "%d into the name");
  } else {
    file_->write(host::png(still));
  }
  ++stills_;
}

void OverlayOutput::add_to_y4m(const host::Still& still) {
  if (!y4m_) {
    info_.width = still.width;
    info_.height = still.height;
    y4m_.emplace(*file_, info_);
  }
  if (still.width != info_.width || still.height != info_.height) {
    throw vp8::Unsupported(path_ +
                           ": the picture size changes, which Y4M cannot hold; choose --frames of "
                           "one size, or write PNGs");
  }
  y4m_->write(host::to_picture(still));
}

void OverlayOutput::commit() {
  if (file_)
    file_->commit();
}

}  // namespace tools
