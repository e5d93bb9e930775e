// Stills of a run's worst pictures, for the report.
#pragma once

#include <cstddef>

#include <nlohmann/json.hpp>

namespace tools {

/// Reads input and output of a run (an object of ReportData::json()'s "runs") and picks the `count`
/// pictures with the lowest PSNR of luma: {"title", "note", "stills": [{"picture", "psnr_y",
/// "ssim_y", "png"}]}, where "png" is a data URI. Throws what goes wrong, for example that a file
/// is no longer there.
nlohmann::ordered_json worst_pictures(const nlohmann::ordered_json& run, std::size_t count);

}  // namespace tools
