// What `fastslow report` draws: runs, curves and traces, checked and cut down to what the page
// needs.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace tools {

/// Spans of a trace that a page can draw; more are counted and left out.
inline constexpr std::size_t kMaxSpans = 20000;

/// The data of a page.
class ReportData {
 public:
  /// Adds a file of `encode --json`, `bench/curve --json` or `--trace`; what it is its contents
  /// tell. Throws host::InputError for other files, std::system_error.
  void add_file(const std::string& path);

  /// Adds stills of the worst pictures, `count` by PSNR of luma, of each run whose input and output
  /// are still there and fit together; a note says so of others.
  void add_worst_pictures(std::size_t count);

  /// "runs", "curves", "traces", "stills", "notes".
  nlohmann::ordered_json json() const;

 private:
  nlohmann::ordered_json runs_ = nlohmann::ordered_json::array();
  nlohmann::ordered_json curves_ = nlohmann::ordered_json::array();
  nlohmann::ordered_json traces_ = nlohmann::ordered_json::array();
  nlohmann::ordered_json stills_ = nlohmann::ordered_json::array();
  nlohmann::ordered_json notes_ = nlohmann::ordered_json::array();
};

}  // namespace tools
