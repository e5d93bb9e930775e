// The two stages of a search, and the frames of the best try so far.
#include "tools/rate_search.hh"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include <fmt/core.h>

#include "host/error.hh"
#include "host/sample.hh"

namespace tools {
namespace {

// Runs the encodes of one search.
class Tries {
 public:
  explicit Tries(const RateJob& job) : job_(job) {}

  // `of` tells people of which pictures.
  StoredEncode encode(host::PictureSource& source,
                      int cq16,
                      std::int64_t expected,
                      const char* of) {
    auto frames = std::make_unique<host::FrameStore>(job_.scratch_folder);
    host::Plan plan = job_.plan;
    plan.cq16 = cq16;
    const EncodeCall call = {.expected = expected,
                             .label = fmt::format("try {}{}: ", ++number_, of),
                             .write = [&](const host::CodedFrame& f) { frames->add(f); }};
    const TimedSummary result = job_.encode(source, plan, call);
    seconds_ += result.seconds;
    return {plan, result, std::move(frames)};
  }
  double seconds() const { return seconds_; }

 private:
  const RateJob& job_;
  int number_ = 0;
  double seconds_ = 0;
};

// What an encode would have come to with `share` times its pictures.
host::RateTry try_of(const StoredEncode& encoded, double share, std::uint64_t side_bytes) {
  const host::EncodeSummary& summary = encoded.result.summary;
  const host::Rational& rate = encoded.plan.frame_rate;
  const auto scaled = [&](std::uint64_t bytes) {
    return static_cast<std::uint64_t>(std::llround(static_cast<double>(bytes) * share));
  };
  const double seconds =
      static_cast<double>(summary.pictures) * rate.den / static_cast<double>(rate.num);
  return {.cq16 = encoded.plan.cq16,
          .bytes = scaled(summary.bytes),
          .file_bytes = scaled(encoded.frames->ivf_bytes()) + side_bytes,
          .bits_per_second = static_cast<double>(summary.bytes) * 8 / seconds,
          .psnr_y = summary.quality.psnr_y,
          .ssim_y = summary.quality.ssim_y};
}

// The pictures that there are, as far as that is worth knowing; -1 where it is not known. Only a
// sample needs the true number, which costs a reading.
std::int64_t pictures_of(const RateJob& job) {
  const std::int64_t claimed = host::expected_pictures(job.input.open()->info(), job.limit);
  if (claimed >= 0 && !host::choose_sample(job.plan, claimed))
    return claimed;
  return host::count_pictures(*job.input.open(), job.limit);
}

// Where a search begins that knows nothing: not where bounds make all qualities the same.
host::RateStart first_start(const RateJob& job) {
  host::RateStart start = host::usual_start(job.wanted.target->goal);
  start.cq16 =
      std::clamp(start.cq16, job.plan.min_q * host::kCqParts, job.plan.max_q * host::kCqParts);
  return start;
}

// Where the search on all pictures begins: where that on the sample has led.
host::RateStart search_sample(const RateJob& job,
                              const host::Sample& sample,
                              std::int64_t pictures,
                              Tries& tries,
                              RateReport& report) {
  const double share = static_cast<double>(pictures) / static_cast<double>(sample.pictures());
  const host::RateStart start = first_start(job);
  report.sample_tries =
      host::search_rate(report.target, start, [&](int cq16) {
        const auto whole = job.input.open();
        host::SampledSource source(*whole, sample);
        return try_of(tries.encode(source, cq16, sample.pictures(), ", of a sample"), share,
                      job.side_bytes);
      }).tries;
  return host::start_from(report.target, report.sample_tries, start.slope);
}

void check_maximum(const RateJob& job, const RateReport& report) {
  const host::RateTry& found = report.search.found();
  if (host::exceeds(report.target, found)) {
    throw host::InputError(
        job.input.name(), report.wanted,
        fmt::format("even the coarsest quality, with --max-q {}, takes {} bytes", job.plan.max_q,
                    found.file_bytes),
        "allow more bytes or a higher --max-q, or encode fewer or smaller pictures");
  }
}

}  // namespace

RateFound search_rate(const RateJob& job) {
  RateFound found;
  RateReport& report = found.report;
  report.wanted = job.wanted.text;
  report.target = *job.wanted.target;
  Tries tries(job);
  const std::int64_t pictures = pictures_of(job);
  host::RateStart start = first_start(job);
  if (const std::optional<host::Sample> sample = host::choose_sample(job.plan, pictures))
    start = search_sample(job, *sample, pictures, tries, report);
  std::optional<host::RateTry> best;
  report.search = host::search_rate(report.target, start, [&](int cq16) {
    const auto source = job.input.open();
    StoredEncode encoded = tries.encode(*source, cq16, pictures, "");
    const host::RateTry result = try_of(encoded, 1, job.side_bytes);
    if (!best || host::nearer(report.target, result, *best)) {
      best = result;
      found.best = std::move(encoded);
    }
    return result;
  });
  report.seconds = tries.seconds();
  check_maximum(job, report);
  return found;
}

}  // namespace tools
