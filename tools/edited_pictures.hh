// The pictures of a piece of a timeline, with its effects.
#pragma once

#include <memory>
#include <string>

#include "host/picture_source.hh"
#include "tools/edit_list.hh"

namespace tools {

/// Opens a piece; `edited` is the file of pieces that name none. All pictures before the piece are
/// read. Throws host::InputError also where the file ends too early; std::system_error.
std::unique_ptr<host::PictureSource> open_piece(const Piece& piece, const std::string& edited);

}  // namespace tools
