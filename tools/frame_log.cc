// Frames as they are written.
#include "tools/frame_log.hh"

namespace tools {

void FrameLog::add(const host::CodedFrame& frame) {
  const bool key = !frame.bytes.empty() && (frame.bytes.front() & 1U) == 0;  // RFC 6386 §9.1
  const host::PictureQuality* const quality = frame.quality;
  entries_.push_back({frame.picture, frame.bytes.size(), key, quality != nullptr,
                      quality != nullptr ? quality->psnr_y : 0,
                      quality != nullptr ? quality->ssim_y : 0});
}

nlohmann::ordered_json FrameLog::json() const {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Entry& entry : entries_) {
    nlohmann::ordered_json frame = {{"picture", entry.picture},
                                    {"key", entry.key},
                                    {"shown", entry.shown},
                                    {"bytes", entry.bytes}};
    if (entry.shown) {
      frame["psnr_y"] = entry.psnr_y;
      frame["ssim_y"] = entry.ssim_y;
    }
    list.push_back(frame);
  }
  return list;
}

}  // namespace tools
