// The options that say how large or how good an encode shall be.
#pragma once

#include <optional>
#include <string>

#include "host/rate_control.hh"
#include "tools/command_line.hh"

namespace tools {

/// What the command line says of size and quality, other than --cq.
struct RateOptions {
  std::optional<host::RateTarget> target;
  std::string text;  ///< as the user gave it: "--bitrate 500k"; empty without a target
};

/// Declares the options on a subcommand that has --cq, of which each excludes the others; they are
/// stored in `options`, which must live as long.
void add_rate_options(Command command, RateOptions& options);

}  // namespace tools
