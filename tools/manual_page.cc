// Writes the command line as a manual page: man(7)'s macros, one section for all options of a
// command.
#include "tools/manual_page.hh"

#include <string_view>

#include <fmt/core.h>

namespace tools {
namespace {

// Text as roff shows it: no escapes, no macros at the start of lines, dashes that can be copied.
std::string plain(std::string_view text) {
  std::string roff;
  bool at_start = true;
  for (const char c : text) {
    if (at_start && (c == '.' || c == '\'')) {
      roff += "\\&";
    }
    at_start = c == '\n';
    roff += c == '\\' ? "\\e" : c == '-' ? "\\-" : std::string(1, c);
  }
  return roff;
}

std::string heading(const OptionText& option) {
  std::string line;
  for (const std::string& name : option.names) {
    line += fmt::format("{}\\fB{}\\fR", line.empty() ? "" : ", ", plain(name));
  }
  if (!option.argument.empty()) {
    line += fmt::format("{}\\fI{}\\fR", line.empty() ? "" : " ", plain(option.argument));
  }
  return line;
}

std::string paragraph(const OptionText& option) {
  return fmt::format(".TP\n{}\n{}{}\n", heading(option), plain(option.description),
                     option.required ? " (required)" : "");
}

std::string synopsis(const CommandText& command) {
  std::string line = fmt::format("\\fB{}\\fR", plain(command.name()));
  if (!command.commands.empty()) {
    line += " \\fICOMMAND\\fR";
  }
  if (!command.options.empty()) {
    line += " [\\fIOPTION\\fR...]";
  }
  for (const OptionText& positional : command.positionals) {
    const std::string argument = fmt::format("\\fI{}\\fR", plain(positional.argument));
    line += positional.required ? " " + argument : " [" + argument + "]";
  }
  return line + "\n";
}

// Lines keep their breaks: most are examples.
std::string kept_lines(const std::string& text) {
  return text.empty() ? "" : fmt::format(".PP\n.nf\n{}\n.fi\n", plain(text));
}

std::string section(const CommandText& command) {
  std::string text = fmt::format(".SS {}\n{}\n.PP\n{}", plain(command.name()),
                                 plain(command.description), synopsis(command));
  for (const OptionText& positional : command.positionals) {
    text += paragraph(positional);
  }
  for (const OptionText& option : command.options) {
    text += paragraph(option);
  }
  return text + kept_lines(command.footer);
}

}  // namespace

std::string manual_page(const CommandText& program, const std::string& version) {
  const std::string name = program.name();
  std::string page = fmt::format(
      ".\\\" Made from the command line by `{} documentation man`.\n"
      ".TH FASTSLOW 1 \"\" \"{} {}\" \"User Commands\"\n"
      ".SH NAME\n{} \\- a massively parallel VP8 encoder that works on explicit states\n"
      ".SH SYNOPSIS\n{}.SH OPTIONS\n",
      name, name, version, name, synopsis(program));
  for (const OptionText& option : program.options) {
    page += paragraph(option);
  }
  page += ".SH COMMANDS\n";
  for (const CommandText* command : all_commands(program)) {
    if (command != &program) {
      page += section(*command);
    }
  }
  return page + ".SH NOTES\n" + kept_lines(program.footer);
}

}  // namespace tools
