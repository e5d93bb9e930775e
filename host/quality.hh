// How near a coded picture is to its source: PSNR and SSIM as ffmpeg's psnr and ssim filters have
// them.
#pragma once

#include <array>
#include <cstdint>

#include "codec/picture.hh"

namespace host {

/// Quality of one picture, or the mean of many. PSNR is in dB and infinite for equal samples; SSIM
/// is 1 for equal samples. The values of the whole weigh each plane by its number of samples.
struct PictureQuality {
  double psnr_y = 0;
  double psnr_u = 0;
  double psnr_v = 0;
  double psnr = 0;
  double ssim_y = 0;
  double ssim_u = 0;
  double ssim_v = 0;
  double ssim = 0;
  std::array<std::uint64_t, vp8::kPlanes> sse{};      ///< sums of squared errors
  std::array<std::uint64_t, vp8::kPlanes> samples{};  ///< numbers of samples compared

  bool operator==(const PictureQuality&) const = default;
};

/// Compares what two pictures show. Throws vp8::Unsupported if they are empty or differ in size.
PictureQuality measure(const vp8::Picture& a, const vp8::Picture& b);

/// The quality of a video: PSNR of the mean squared error, mean of SSIM.
class QualitySum {
 public:
  void add(const PictureQuality& picture);
  std::int64_t pictures() const { return pictures_; }
  /// Zeros if there are no pictures. `sse` and `samples` are sums.
  PictureQuality mean() const;

 private:
  PictureQuality sum_;  // PSNR unused
  std::int64_t pictures_ = 0;
};

}  // namespace host
