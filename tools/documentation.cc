// `fastslow documentation`, hidden: the manual page and the shells' completions, which installing
// makes.
#include <string>

#include <fmt/core.h>

#include "tools/commands.hh"
#include "tools/completions.hh"
#include "tools/files.hh"
#include "tools/manual_page.hh"

namespace tools {
namespace {

std::string document(const std::string& kind, const CommandText& program) {
  if (kind == "man") {
    return manual_page(program, FASTSLOW_VERSION);
  }
  if (kind == "bash") {
    return bash_completion(program);
  }
  return kind == "zsh" ? zsh_completion(program) : fish_completion(program);
}

}  // namespace

void add_documentation(CLI::App& app) {
  CLI::App* command = app.add_subcommand(
      "documentation", "Print the manual page, or what a shell completes commands by");
  command->group("");  // hidden
  command->set_help_flag("-h,--help", "Print this help and exit");
  command->add_option("KIND", "man, bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"man", "bash", "zsh", "fish"}));
  command->footer("Example:\n  fastslow documentation man | man -l -");
  command->callback([&app, command] {
    const CLI::Option* kind = command->get_option("KIND");
    write_text(document(kind->as<std::string>(), command_tree(app, "fastslow")));
  });
}

}  // namespace tools
