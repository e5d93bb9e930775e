// Files of measurements in, checked data out.
#include "tools/report_data.hh"

#include <cstdint>
#include <exception>
#include <set>
#include <utility>

#include <fmt/core.h>

#include "host/error.hh"
#include "tools/files.hh"
#include "tools/report_stills.hh"

namespace tools {
namespace {

using Json = nlohmann::ordered_json;

// A JSON file, whose members are asked for by pointers such as "/plan/cq".
class CheckedJson {
 public:
  CheckedJson(const std::string& path, const Json& json, std::string where = "JSON")
      : path_(path), json_(json), where_(std::move(where)) {}

  [[noreturn]] void fail(const std::string& what) const {
    throw host::InputError(path_, where_, what,
                           "give files that encode --json, --trace or bench/curve --json wrote");
  }

  const Json& at(const std::string& pointer) const {
    const Json::json_pointer place(pointer);
    if (!json_.is_object() || !json_.contains(place))
      fail(fmt::format("{} is missing", pointer));
    return json_[place];
  }
  const Json& number(const std::string& pointer) const {
    return checked(pointer, &Json::is_number, "a number");
  }
  const Json& text(const std::string& pointer) const {
    return checked(pointer, &Json::is_string, "a text");
  }
  const Json& list(const std::string& pointer) const {
    return checked(pointer, &Json::is_array, "a list");
  }
  // Infinite values are null.
  const Json& number_or_null(const std::string& pointer) const {
    return at(pointer).is_null() ? at(pointer) : number(pointer);
  }
  const Json& positive(const std::string& pointer) const {
    if (number(pointer).get<double>() <= 0)
      fail(fmt::format("{} is not greater than 0", pointer));
    return at(pointer);
  }

 private:
  const Json& checked(const std::string& pointer,
                      bool (Json::*is)() const noexcept,
                      const char* what) const {
    const Json& value = at(pointer);
    if (!(value.*is)())
      fail(fmt::format("{} is not {}", pointer, what));
    return value;
  }

  const std::string& path_;
  const Json& json_;
  std::string where_;
};

Json parse_file(const std::string& path) {
  const std::vector<std::uint8_t> bytes = read_file(path);
  Json json = Json::parse(bytes.begin(), bytes.end(), nullptr, false);
  if (json.is_discarded() || !json.is_object())
    CheckedJson(path, json).fail("this is not a JSON object");
  return json;
}

Json frame_of(const std::string& path, const Json& frame, std::size_t index, double pictures) {
  const CheckedJson checked(path, frame, fmt::format("frame {}", index));
  const double picture = checked.number("/picture").get<double>();
  if (!(picture >= 0 && picture <= pictures) || !checked.at("/picture").is_number_integer())
    checked.fail("/picture is no number of a picture");
  Json out = {{"picture", checked.at("/picture")},
              {"key", checked.at("/key")},
              {"shown", checked.at("/shown")},
              {"bytes", checked.number("/bytes")}};
  if (out["shown"] == true)
    out["psnr_y"] = checked.number_or_null("/psnr_y");
  return out;
}

Json run_of(const std::string& path, const Json& json) {
  const CheckedJson run(path, json);
  Json out = {{"file", path}, {"input", run.text("/input")}, {"output", run.text("/output")}};
  out["pictures"] = run.positive("/pictures");
  for (const char* name :
       {"width", "height", "seconds", "pictures_per_second", "bytes", "kb_per_second"})
    out[name] = run.number(fmt::format("/{}", name));
  for (const char* name : {"chunk_frames", "chunks_per_chain", "cq", "threads"})
    out["plan"][name] = run.number(fmt::format("/plan/{}", name));
  for (const char* name : {"effort", "first_pass", "device"})
    out["plan"][name] = run.text(fmt::format("/plan/{}", name));
  for (const char* name : {"psnr_y", "ssim_y"})
    out["quality"][name] = run.number_or_null(fmt::format("/quality/{}", name));
  out["cpu_seconds"] = Json::object();
  for (const char* name :
       {"read", "lookahead", "first_pass", "boundary", "rebase", "measure", "write"})
    out["cpu_seconds"][name] = run.number(fmt::format("/cpu_seconds/{}", name));
  out["frames"] = Json::array();
  const double pictures = out["pictures"].get<double>();
  // Earlier versions tell of no frames.
  for (const Json& frame : json.contains("frames") ? run.list("/frames") : Json::array())
    out["frames"].push_back(frame_of(path, frame, out["frames"].size(), pictures));
  return out;
}

Json curve_of(const std::string& path, const Json& json) {
  Json points = Json::array();
  for (const Json& point : CheckedJson(path, json).list("/points")) {
    const CheckedJson checked(path, point, fmt::format("point {}", points.size()));
    points.push_back({{"clip", checked.text("/clip")},
                      {"encoder", checked.text("/encoder")},
                      {"bytes", checked.positive("/bytes")},
                      {"pictures", checked.positive("/pictures")},
                      {"psnr_y_db", checked.number("/psnr_y_db")},
                      {"ssim_y_db", checked.number("/ssim_y_db")},
                      {"wall_s", checked.positive("/wall_s")}});
  }
  return {{"file", path}, {"points", points}};
}

// A span of a phase; kernels and other details belong into Perfetto.
Json span_of(const CheckedJson& event) {
  constexpr double microsecond = 1e-6;
  const double begin = event.number("/ts").get<double>() * microsecond;
  const double end = begin + event.number("/dur").get<double>() * microsecond;
  Json span = {{"name", event.text("/name")},
               {"track", event.number("/tid")},
               {"begin", begin},
               {"end", end}};
  const Json& labels = event.at("/args");
  for (const char* name : {"chain", "chunk", "picture", "pictures"}) {
    if (labels.is_object() && labels.contains(name) && labels[name].is_number())
      span[name] = labels[name];
  }
  return span;
}

Json trace_of(const std::string& path, const Json& json) {
  static const std::set<std::string> phases = {"read",     "lookahead", "filter", "first pass",
                                               "boundary", "rebase",    "write"};
  Json out = {{"file", path}, {"tracks", Json::object()}, {"spans", Json::array()}};
  std::size_t left_out = 0;
  std::size_t number = 0;
  for (const Json& event : CheckedJson(path, json).list("/traceEvents")) {
    const CheckedJson checked(path, event, fmt::format("event {}", number++));
    const std::string type = checked.text("/ph").get<std::string>();
    const std::string name = checked.text("/name").get<std::string>();
    if (type == "M" && name == "thread_name")
      out["tracks"][checked.number("/tid").dump()] = checked.text("/args/name");
    if (type != "X" || !phases.contains(name))
      continue;
    if (out["spans"].size() < kMaxSpans) {
      out["spans"].push_back(span_of(checked));
    } else {
      ++left_out;
    }
  }
  out["left_out"] = left_out;
  return out;
}

}  // namespace

void ReportData::add_file(const std::string& path) {
  const Json json = parse_file(path);
  if (json.contains("traceEvents")) {
    traces_.push_back(trace_of(path, json));
  } else if (json.contains("points")) {
    curves_.push_back(curve_of(path, json));
  } else if (json.contains("plan")) {
    runs_.push_back(run_of(path, json));
  } else {
    CheckedJson(path, json).fail("this is no run, no curve and no trace");
  }
}

void ReportData::add_worst_pictures(std::size_t count) {
  for (const Json& run : runs_) {
    try {
      stills_.push_back(worst_pictures(run, count));
    } catch (const std::exception& error) {
      notes_.push_back(
          fmt::format("No stills of {}: {}", run["file"].get<std::string>(), error.what()));
    }
  }
}

Json ReportData::json() const {
  return {{"runs", runs_},
          {"curves", curves_},
          {"traces", traces_},
          {"stills", stills_},
          {"notes", notes_}};
}

}  // namespace tools
