// Tables and data about two streams.
#include "tools/compare_report.hh"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <functional>
#include <numeric>
#include <optional>
#include <vector>

#include <fmt/core.h>

#include "tools/frame_names.hh"

namespace tools {
namespace {

using Json = nlohmann::ordered_json;

// What a picture takes: its own frame, and hidden ones before it.
struct PictureRow {
  std::string frames;  // a letter each: K key, P inter, e empty; in front of it h if hidden
  std::uint64_t bits = 0;
  int q_index = 0;          // of the frame that shows it
  std::int64_t intra = 0;   // macroblocks of that frame
  std::int64_t golden = 0;  // and altref: those that look farther back
  std::int64_t macroblocks = 0;
};

std::string letters_of(const FrameSummary& frame) {
  const char* const type = frame.type == FrameType::kKey     ? "K"
                           : frame.type == FrameType::kInter ? "P"
                                                             : "e";
  return std::string(frame.shown ? "" : "h") + type;
}

std::vector<PictureRow> rows_of(const StreamSummary& stream) {
  std::vector<PictureRow> rows(static_cast<std::size_t>(stream.pictures));
  for (const FrameSummary& frame : stream.frames) {
    const auto picture = static_cast<std::size_t>(frame.picture);
    if (picture >= rows.size())
      break;  // hidden, and nothing comes after it
    PictureRow& row = rows[picture];
    row.frames += letters_of(frame);
    row.bits += 8 * frame.bytes;
    row.q_index = frame.q_index;
    row.intra = frame.references[vp8::CURRENT_FRAME];
    row.golden = frame.references[vp8::GOLDEN_FRAME] + frame.references[vp8::ALTREF_FRAME];
    row.macroblocks =
        std::accumulate(frame.references.begin(), frame.references.end(), std::int64_t{0});
  }
  return rows;
}

double percent(std::int64_t part, std::int64_t whole) {
  return whole > 0 ? 100.0 * static_cast<double>(part) / static_cast<double>(whole) : 0;
}

std::string row_text(const PictureRow* row, const host::PictureQuality* quality) {
  constexpr int width = 37;
  if (row == nullptr)
    return fmt::format("{:<{}}", "-", width);
  return fmt::format("{:>5} {:>8} {:>4} {:>4.0f}% {:>4.0f}% {:>6}", row->frames, row->bits,
                     row->q_index, percent(row->intra, row->macroblocks),
                     percent(row->golden, row->macroblocks),
                     quality != nullptr ? fmt::format("{:.2f}", quality->psnr_y) : "-");
}

template <class T>
const T* element(const std::vector<T>& values, std::size_t index) {
  return index < values.size() ? &values[index] : nullptr;
}

std::int64_t macroblocks_of(const StreamSummary& stream) {
  std::int64_t sum = 0;
  for (const FrameSummary& frame : stream.frames)
    sum = std::accumulate(frame.modes.begin(), frame.modes.end(), sum);
  return sum;
}

std::uint64_t bytes_of(const StreamSummary& stream) {
  std::uint64_t sum = 0;
  for (const FrameSummary& frame : stream.frames)
    sum += frame.bytes;
  return sum;
}

std::int64_t count_frames(const StreamSummary& stream,
                          const std::function<bool(const FrameSummary&)>& which) {
  return std::count_if(stream.frames.begin(), stream.frames.end(), which);
}

bool is_coded(const FrameSummary& frame) {
  return frame.type != FrameType::kEmpty;
}
bool is_key(const FrameSummary& frame) {
  return frame.type == FrameType::kKey;
}
bool is_hidden(const FrameSummary& frame) {
  return !frame.shown;
}

double mean_q(const StreamSummary& stream) {
  double sum = 0;
  for (const FrameSummary& frame : stream.frames)
    sum += frame.q_index;
  return sum / static_cast<double>(std::max<std::int64_t>(1, count_frames(stream, is_coded)));
}

// One line of the totals.
std::string line(const std::string& what, const std::string& a, const std::string& b) {
  return fmt::format("{:<22} {:>12} {:>12}\n", what, a, b);
}

std::string line(const std::string& what, std::int64_t a, std::int64_t b) {
  return line(what, fmt::format("{}", a), fmt::format("{}", b));
}

std::string line(const std::string& what, double a, double b, int digits) {
  return line(what, fmt::format("{:.{}f}", a, digits), fmt::format("{:.{}f}", b, digits));
}

std::string share_line(const std::string& what, double a, double b) {
  return line(what, fmt::format("{:.1f} %", a), fmt::format("{:.1f} %", b));
}

// Shares of all macroblocks: of `counts`, a member of FrameSummary, under these names.
template <class Member, class Names>
std::string shares(const StreamSummary& a,
                   const StreamSummary& b,
                   Member counts,
                   const Names& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto share = [&](const StreamSummary& stream) {
      std::int64_t sum = 0;
      for (const FrameSummary& frame : stream.frames)
        sum += (frame.*counts)[i];
      return percent(sum, macroblocks_of(stream));
    };
    text += share_line(names[i], share(a), share(b));
  }
  return text;
}

std::string quality_lines(const StreamSummary& a, const StreamSummary& b) {
  if (a.quality.empty() && b.quality.empty())
    return "";
  const host::PictureQuality qa = a.mean_quality();
  const host::PictureQuality qb = b.mean_quality();
  return line("PSNR Y, dB", qa.psnr_y, qb.psnr_y, 3) + line("SSIM Y", qa.ssim_y, qb.ssim_y, 5);
}

template <class Counts, class Names>
Json named(const Counts& counts, const Names& names) {
  Json json = Json::object();
  for (std::size_t i = 0; i < names.size(); ++i)
    json[names[i]] = counts[i];
  return json;
}

Json frame_json(const FrameSummary& frame) {
  return {{"picture", frame.picture},
          {"type", is_key(frame)     ? "key"
                   : is_coded(frame) ? "inter"
                                     : "empty"},
          {"shown", frame.shown},
          {"bits", 8 * frame.bytes},
          {"q_index", frame.q_index},
          {"modes", named(frame.modes, kModeNames)},
          {"references", named(frame.references, kReferenceNames)}};
}

}  // namespace

Json stream_json(const StreamSummary& stream) {
  Json frames = Json::array();
  std::size_t picture = 0;
  for (const FrameSummary& frame : stream.frames) {
    frames.push_back(frame_json(frame));
    if (frame.shown && picture < stream.quality.size()) {
      frames.back()["psnr_y"] = stream.quality[picture].psnr_y;
      frames.back()["ssim_y"] = stream.quality[picture].ssim_y;
      ++picture;
    }
  }
  Json json = {{"name", stream.name},
               {"width", stream.width},
               {"height", stream.height},
               {"pictures", stream.pictures},
               {"hidden_frames", count_frames(stream, is_hidden)},
               {"key_frames", count_frames(stream, is_key)},
               {"bits", 8 * bytes_of(stream)},
               {"mean_q_index", mean_q(stream)}};
  if (!stream.quality.empty()) {
    const host::PictureQuality mean = stream.mean_quality();
    json["psnr_y"] = mean.psnr_y;
    json["ssim_y"] = mean.ssim_y;
  }
  json["frames"] = frames;
  return json;
}

std::string pictures_table(const StreamSummary& a, const StreamSummary& b) {
  const std::vector<PictureRow> rows_a = rows_of(a);
  const std::vector<PictureRow> rows_b = rows_of(b);
  const std::string titles = fmt::format("{:>5} {:>8} {:>4} {:>5} {:>5} {:>6}", "type", "bits", "q",
                                         "intra", "g+a", "PSNR Y");
  std::string text = fmt::format("{:>7} | A {} | B {} | B - A\n", "picture", titles, titles);
  for (std::size_t i = 0; i < std::max(rows_a.size(), rows_b.size()); ++i) {
    const PictureRow* const row_a = element(rows_a, i);
    const PictureRow* const row_b = element(rows_b, i);
    text += fmt::format("{:>7} |   {} |   {} | {}\n", i, row_text(row_a, element(a.quality, i)),
                        row_text(row_b, element(b.quality, i)),
                        row_a != nullptr && row_b != nullptr
                            ? fmt::format("{:+}", static_cast<std::int64_t>(row_b->bits) -
                                                      static_cast<std::int64_t>(row_a->bits))
                            : "-");
  }
  return text;
}

std::string totals_table(const StreamSummary& a, const StreamSummary& b) {
  const auto bits = [](const StreamSummary& s) {
    return static_cast<std::int64_t>(8 * bytes_of(s));
  };
  std::string text = line("", "A", "B");
  text += line("pictures", a.pictures, b.pictures);
  text += line("hidden frames", count_frames(a, is_hidden), count_frames(b, is_hidden));
  text += line("key frames", count_frames(a, is_key), count_frames(b, is_key));
  text += line("bits", bits(a), bits(b));
  text += line("bits / A's", fmt::format("{:.2f} %", percent(bits(a), bits(a))),
               fmt::format("{:.2f} %", percent(bits(b), bits(a))));
  text += line("mean quantiser index", mean_q(a), mean_q(b), 1);
  text += quality_lines(a, b);
  text += "macroblocks by mode\n" + shares(a, b, &FrameSummary::modes, kModeNames);
  return text + "macroblocks by reference\n" +
         shares(a, b, &FrameSummary::references, kReferenceNames);
}

}  // namespace tools
