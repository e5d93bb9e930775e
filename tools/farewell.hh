// What the program says when a signal ends it.
#pragma once

namespace tools {

/// `text` must live as long as the program; null: nothing.
void set_farewell(const char* text) noexcept;

/// Writes the text to standard error. Safe in a signal handler.
void say_farewell() noexcept;

}  // namespace tools
