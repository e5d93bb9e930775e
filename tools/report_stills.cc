// Worst pictures as PNGs in data URIs.
#include "tools/report_stills.hh"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "cloud/base64.hh"
#include "tools/metrics.hh"
#include "tools/picture_pairs.hh"
#include "tools/stills.hh"

namespace tools {
namespace {

using Json = nlohmann::ordered_json;

// Wider pictures are reduced: a page must stay small enough to be sent.
constexpr int kMaxWidth = 640;

std::string data_uri(const host::Still& still) {
  return "data:image/png;base64," + cloud::base64_encode(host::png(still));
}

// How many times a picture is reduced.
int factor_of(const vp8::Picture& picture) {
  return std::min((picture.width() + kMaxWidth - 1) / kMaxWidth, picture.height());
}

struct WorstPairs {
  WorstPictures worst;
  std::map<std::int64_t, PicturePair> pairs;
};

WorstPairs find_worst(const Json& run, std::size_t count) {
  const auto input = run["input"].get<std::string>();
  const auto output = run["output"].get<std::string>();
  if (input == "-" || output == "-")
    throw std::runtime_error("a pipe cannot be read again");
  PicturePairs pairs(input, output, run["pictures"].get<std::int64_t>());
  WorstPairs found{WorstPictures(metric_named("psnr_y"), count), {}};
  while (std::optional<PicturePair> pair = pairs.next()) {
    if (found.worst.add(pairs.count() - 1, host::measure(pair->a, pair->b)))
      found.pairs.emplace(pairs.count() - 1, std::move(*pair));
    if (found.worst.dropped())
      found.pairs.erase(*found.worst.dropped());
  }
  return found;
}

}  // namespace

Json worst_pictures(const Json& run, std::size_t count) {
  const WorstPairs found = find_worst(run, count);
  int factor = 1;
  Json stills = Json::array();
  for (const WorstPictures::Entry& entry : found.worst.list()) {
    const PicturePair& pair = found.pairs.at(entry.picture);
    factor = factor_of(pair.a);
    stills.push_back({{"picture", entry.picture},
                      {"psnr_y", entry.quality.psnr_y},
                      {"ssim_y", entry.quality.ssim_y},
                      {"png", data_uri(host::reduced(compared(pair.a, pair.b), factor))}});
  }
  const std::string reduced =
      factor > 1
          ? fmt::format("; reduced {} times, `fastslow quality --stills` has all pixels", factor)
          : "";
  return {{"title", fmt::format("Worst pictures of {}", run["output"].get<std::string>())},
          {"note", fmt::format("By PSNR of luma. Source, coded picture, and {} times their "
                               "difference around grey{}.",
                               kDifferenceFactor, reduced)},
          {"stills", stills}};
}

}  // namespace tools
