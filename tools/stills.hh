// Stills for people: a source picture beside the coded one, and PNG files.
#pragma once

#include <string>

#include "codec/picture.hh"
#include "host/still.hh"

namespace tools {

/// How much `compared` multiplies differences by.
inline constexpr int kDifferenceFactor = 4;

/// Source, coded picture, and their difference times kDifferenceFactor around grey, side by side.
host::Still compared(const vp8::Picture& source, const vp8::Picture& coded);

/// Writes a PNG file, which appears when it is complete. Throws std::system_error.
void write_png(const std::string& path, const host::Still& still);

/// Makes a folder where there is none. Throws std::system_error, which names it.
void make_folder(const std::string& path);

}  // namespace tools
